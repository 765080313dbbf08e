package feed

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
)

var errNoItem = errors.New("no item could be read")

func rssItem(data []byte, _ document.Hint) (item, error) {
	f, err := (&rss.Parser{}).Parse(bytes.NewReader(data))
	if err != nil {
		return item{}, err
	}
	if len(f.Items) == 0 {
		return item{}, errNoItem
	}
	raw := f.Items[0]
	t, err := (&gofeed.DefaultRSSTranslator{DisableContentImageScan: true}).Translate(f)
	if err != nil {
		return item{}, err
	}
	common := t.Items[0]
	it := item{
		link: raw.Link, feed: f.Link, name: f.Title, title: common.Title, summary: common.Description, content: common.Content,
		language: t.Language, published: moment(common.PublishedParsed),
		authors: people(common.Authors),
	}
	if raw.GUID != nil {
		it.id = strings.TrimSpace(raw.GUID.Value)
		it.permalink = !strings.EqualFold(strings.TrimSpace(raw.GUID.IsPermalink), "false")
		if it.link == "" && it.permalink {
			it.link = it.id
		}
	}
	it.modified = modified(raw, common)
	it.unread = common.Published != "" && common.PublishedParsed == nil
	for _, c := range raw.Categories {
		it.addSubject(c.Value)
	}
	if dc := raw.DublinCoreExt; dc != nil {
		for _, s := range dc.Subject {
			it.addSubject(s)
		}
	}
	for _, e := range raw.Enclosures {
		if strings.HasPrefix(e.Type, "image/") {
			it.images = append(it.images, article.Image{URL: e.URL, MediaType: e.Type})
		}
	}
	it.addMedia(raw.Extensions["media"])
	return it, nil
}

// modified is when the item was last edited. RSS itself has no such field; a
// Dublin Core date is one only where it stands beside a pubDate.
func modified(raw *rss.Item, common *gofeed.Item) time.Time {
	for _, ns := range []string{"dcterms", "atom", "a10"} {
		for _, name := range []string{"modified", "updated"} {
			for _, e := range raw.Extensions[ns][name] {
				if t, err := time.Parse(time.RFC3339, strings.TrimSpace(e.Value)); err == nil {
					return t.UTC()
				}
			}
		}
	}
	if raw.PubDate != "" {
		return moment(common.UpdatedParsed)
	}
	return time.Time{}
}

// addSubject takes a category; IPTC's codes are known by their prefix.
func (it *item) addSubject(value string) {
	value = strings.Join(strings.Fields(value), " ")
	switch {
	case value == "":
	case strings.HasPrefix(value, "medtop:") || strings.HasPrefix(value, "subj:"):
		it.subjects = append(it.subjects, article.Subject{Code: value})
	default:
		it.subjects = append(it.subjects, article.Subject{Name: value})
	}
}

// maxMedia bounds the pictures of one item, and maxMediaDepth how deep groups
// of them are nested.
const (
	maxMedia      = 100
	maxMediaDepth = 4
)

// addMedia takes Media RSS: contents and thumbnails, alone or in groups. A
// group holds one picture in several sizes; the first stands for all.
func (it *item) addMedia(media map[string][]ext.Extension) {
	before := len(it.images)
	var add func(m map[string][]ext.Extension, inherited article.Image, depth int)
	add = func(m map[string][]ext.Extension, im article.Image, depth int) {
		im = described(m, im)
		for _, c := range m["content"] {
			if len(it.images) >= maxMedia {
				return
			}
			kind, medium := c.Attrs["type"], c.Attrs["medium"]
			if medium != "" && medium != "image" || medium == "" && kind != "" && !strings.HasPrefix(kind, "image/") {
				continue
			}
			one := described(c.Children, im)
			one.URL, one.MediaType = c.Attrs["url"], kind
			if one.URL != "" {
				it.images = append(it.images, one)
			}
		}
		if depth < maxMediaDepth {
			for _, g := range m["group"] {
				n := len(it.images)
				add(g.Children, im, depth+1)
				if len(it.images) > n+1 {
					it.images = it.images[:n+1]
				}
			}
		}
	}
	add(media, article.Image{}, 0)
	if len(it.images) == before {
		for _, t := range media["thumbnail"] {
			im := described(media, article.Image{URL: t.Attrs["url"]})
			it.images = append(it.images, im)
			break
		}
	}
}

// described adds what stands beside or in a picture.
func described(m map[string][]ext.Extension, im article.Image) article.Image {
	for _, name := range []string{"description", "title"} {
		if es := m[name]; len(es) > 0 && strings.TrimSpace(es[0].Value) != "" {
			im.Caption = strings.TrimSpace(es[0].Value)
			break
		}
	}
	for _, name := range []string{"credit", "copyright"} {
		if es := m[name]; len(es) > 0 && strings.TrimSpace(es[0].Value) != "" {
			im.Credit = strings.TrimSpace(es[0].Value)
			break
		}
	}
	return im
}

// people are the names of a feed's persons, "a@b.example (Name)" taken apart by
// gofeed.
func people(ps []*gofeed.Person) []string {
	var names []string
	for _, p := range ps {
		if p == nil {
			continue
		}
		n := strings.Join(strings.Fields(p.Name), " ")
		if n == "" {
			n = strings.TrimSpace(p.Email)
		}
		if n != "" {
			names = append(names, n)
		}
	}
	return names
}
