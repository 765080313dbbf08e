package ninjs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/export/ninjs"
	"github.com/copytaster/copytaster/services/search/export/story"
)

// A URI has one fragment, also that of what belongs to an article whose own has
// one.
func TestOneFragment(t *testing.T) {
	for uri, want := range map[article.URI][2]string{
		"urn:copytaster:p:1":         {"urn:copytaster:p:1#picture-1", "urn:copytaster:p:1#rights"},
		"https://x.example/live#p-7": {"https://x.example/live#p-7/picture-1", "https://x.example/live#p-7/rights"},
	} {
		a := article.Article{
			URI: uri, Status: article.Usable, Provider: "p", ExpiresAt: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC),
			Images: []article.Image{{URL: "https://x.example/1.jpg", Caption: "A ferry."}},
		}
		var b article.Builder
		b.Add(article.Paragraph, "Text.")
		b.Add(article.Caption, "A ferry.")
		b.Fill(&a)
		doc, err := ninjs.One(&a, story.List{})
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			RightsInfo   struct{ EncodedRights string }
			Associations []struct{ URI string }
		}
		if err := json.Unmarshal(doc, &got); err != nil || len(got.Associations) != 1 {
			t.Fatalf("%v\n%s", err, doc)
		}
		if got.Associations[0].URI != want[0] || !strings.Contains(got.RightsInfo.EncodedRights, `"uid":"`+want[1]+`"`) {
			t.Errorf("%s: picture %s, rights %s; want %s, %s", uri, got.Associations[0].URI, got.RightsInfo.EncodedRights, want[0], want[1])
		}
	}
}
