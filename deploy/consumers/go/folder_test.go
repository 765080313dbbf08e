package subscriber

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/protobuf/proto"

	"github.com/copytaster/copytaster/deploy/consumers/go/copytasterv1"
)

func texts(t *testing.T, dir string) string {
	t.Helper()
	es, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range es {
		all = append(all, e.URI+" "+e.Status+" "+e.Text)
	}
	return strings.Join(all, ", ")
}

func at(offset int64, e Entry) Entry {
	e.Place = Place{Released, 3, offset}
	return e
}

// A copy is seen when it is whole, and what comes again after a crash does not
// bring back what is gone.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	must := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	f, err := open(dir)
	must(err)
	one, killed := Entry{URI: "a", Status: "usable", Text: "one"}, Entry{URI: "a", Status: "canceled"}
	next, err := f.begin()
	must(err, next.put(at(1, one)))
	if got := texts(t, dir); got != "" {
		t.Errorf("before it is whole: %s", got)
	}
	next.Next[3] = 2
	must(next.commit())
	if got := texts(t, dir); got != "a usable one" {
		t.Errorf("after: %s", got)
	}
	must(next.put(at(2, killed)))
	again, err := open(dir) // the position was not written any more
	must(err)
	if want := map[int32]int64{3: 2}; !reflect.DeepEqual(again.Next, want) {
		t.Errorf("next is %v, want %v", again.Next, want)
	}
	must(again.put(at(1, one)))
	if got := texts(t, dir); got != "a canceled " {
		t.Errorf("after a repeat: %s", got)
	}
	// In a new copy nothing of the old one counts.
	anew, err := again.begin()
	must(err, anew.put(at(0, one)), anew.commit())
	if got := texts(t, dir); got != "a usable one" {
		t.Errorf("anew: %s", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, copyPrefix+"*"))
	must(err)
	if len(left) != 1 {
		t.Errorf("left are %v", left)
	}
	must(os.WriteFile(filepath.Join(dir, positionFile), []byte("{"), 0o600))
	if _, err := List(dir); err == nil {
		t.Error("a broken position is read")
	}
}

// What this program does not know it does not pass over, and does not show.
func TestRead(t *testing.T) {
	message := func(a *copytasterv1.Article, change func(*kgo.Record)) (Entry, error) {
		t.Helper()
		value, err := proto.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		r := &kgo.Record{Topic: Released, Key: []byte(a.GetUri()), Value: value, Headers: []kgo.RecordHeader{
			{Key: headerType, Value: []byte(released)}, {Key: headerContentType, Value: []byte(contentType)},
		}}
		if change != nil {
			change(r)
		}
		return read(r)
	}
	segment := &copytasterv1.Segment{Kind: "headline", Evidence: &copytasterv1.Evidence{Start: 0, End: 6}}
	a := &copytasterv1.Article{Uri: "u", Revision: 7, Status: copytasterv1.Status_STATUS_USABLE, Text: "Öltext", Segments: []*copytasterv1.Segment{segment}}
	if e, err := message(a, nil); err != nil || e.Headline != "Öltex" || e.Text != "Öltext" || e.Status != "usable" || e.Revision != 7 {
		t.Errorf("%+v %v", e, err)
	}
	segment.Evidence.End = 99
	if e, err := message(a, nil); err != nil || e.Headline != "" {
		t.Errorf("a span outside of the text: %+v %v", e, err)
	}
	a.Status = 99
	if e, err := message(a, nil); err != nil || e.Status != "withheld" || e.Text != "" || e.Headline != "" {
		t.Errorf("a status of later days: %+v %v", e, err)
	}
	for name, change := range map[string]func(*kgo.Record){
		"another type":    func(r *kgo.Record) { r.Headers[0].Value = []byte("org.copytaster.article.released.v2") },
		"no type":         func(r *kgo.Record) { r.Headers = r.Headers[1:] },
		"another content": func(r *kgo.Record) { r.Headers[1].Value = []byte("application/json") },
		"another key":     func(r *kgo.Record) { r.Key = []byte("x") },
		"no value":        func(r *kgo.Record) { r.Value = nil },
		"broken":          func(r *kgo.Record) { r.Value = []byte{0xff} },
	} {
		if e, err := message(a, change); err == nil || !strings.Contains(err.Error(), "articles.released/0@0") {
			t.Errorf("%s: %+v %v", name, e, err)
		}
	}
}
