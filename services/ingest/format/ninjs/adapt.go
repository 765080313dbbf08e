package ninjs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format/html"
	"github.com/copytaster/copytaster/services/ingest/format/wire"
)

// What an item is, by its type.
const (
	kindText      = "text"
	kindComposite = "composite"
	kindPicture   = "picture"
	kindGraphic   = "graphic"
	kindVideo     = "video"
	kindAudio     = "audio"
)

// kind is the item's type. Without one it is a picture if it has renditions of
// one and no text, else a text.
func (it *item) kind() string {
	if t := strings.ToLower(it.Type.trim()); t != "" {
		return t
	}
	if len(it.bodies()) == 0 && it.picture() != "" {
		return kindPicture
	}
	return kindText
}

func (it *item) visual() bool {
	switch it.kind() {
	case kindPicture, kindGraphic, kindVideo, kindAudio:
		return true
	}
	return false
}

func (it *item) id() string {
	if id := it.URI.trim(); id != "" {
		// AP's is the address of one version, with a query; the id of them all
		// stands beside it.
		if same := it.itemID(); same != "" && strings.Contains(id, "?") {
			return same
		}
		return id
	}
	if id := it.GUID.trim(); id != "" {
		return id
	}
	return it.URN.trim()
}

// itemID is the alternative id of that name: a field, or in 3.x one of a list.
func (it *item) itemID() string {
	var named struct {
		ItemID text `json:"itemid"`
	}
	if json.Unmarshal(it.AltIDs, &named, fold...) == nil {
		return named.ItemID.trim()
	}
	var list []struct {
		Role  text `json:"role"`
		Value text `json:"value"`
	}
	if json.Unmarshal(it.AltIDs, &list, fold...) == nil {
		for _, id := range list {
			if plainName(id.Role.trim()) == "itemid" {
				return id.Value.trim()
			}
		}
	}
	return ""
}

// uri puts the id into the provider's namespace, also one that is a URI by
// itself: anybody can write another's, and a kill under it would hide the
// other's article. All ways in by which one provider sends share it.
func (it *item) uri(h document.Hint) (article.URI, error) {
	id := it.id()
	if id == "" {
		return "", &document.Error{Reason: document.Invalid, Format: Name, Field: "/uri", Detail: "is missing: no later version or kill could find the article"}
	}
	return wire.URI(h, id), nil
}

// status is the stricter of the item's and of its signals'. It is an error if it
// is none that is known: a kill in other words must not pass for an article.
func (it *item) status() (article.Status, error) {
	s, ok := wire.Status(it.PubStatus.trim())
	if !ok {
		return "", &document.Error{Reason: document.Invalid, Format: Name, Field: "/pubstatus", Detail: fmt.Sprintf("%q is none of usable, withheld, canceled", it.PubStatus.trim())}
	}
	until, err := it.embargo()
	ends := err == nil && !until.IsZero()
	for _, c := range it.signals() {
		s = wire.Stricter(s, wire.Stricter(wire.Signal(c.id(), ends), wire.Signal(string(c.Name), ends)))
	}
	return s, nil
}

// embargo is the later of the item's and its package's. One that can't be read
// to the second is an error: the article must not go out too early.
func (it *item) embargo() (time.Time, error) {
	var until time.Time
	for _, s := range []struct {
		field string
		value text
	}{{"/embargoed", it.Embargoed}, {"/embargoedUntil", it.EmbargoedUntil}, {"/copytaster:package/embargoed", it.packageEmbargo()}} {
		v := s.value.trim()
		if v == "" {
			continue
		}
		t, zone := wire.Moment(v)
		if t.IsZero() || !zone {
			return t, &document.Error{Reason: document.Invalid, Format: Name, Field: s.field, Detail: fmt.Sprintf("%q is no date with time and time zone", v)}
		}
		if t.After(until) {
			until = t
		}
	}
	return until, nil
}

func (it *item) packageEmbargo() text {
	if it.Package == nil {
		return ""
	}
	return it.Package.Embargoed
}

// adapt makes the article of the item.
func (it *item) adapt(a *article.Article, h document.Hint) (err error) {
	if a.URI, err = it.uri(h); err != nil {
		return err
	}
	if a.Status, err = it.status(); err != nil {
		return err
	}
	notice := a.Status != article.Usable
	if a.EmbargoUntil, err = it.embargo(); err != nil {
		if !notice {
			return err
		}
		a.Flag(article.FlagDateUnreadable) // a kill must not fail for what it doesn't need
	}
	a.Version = it.Version.trim()
	of := it.Package
	if of == nil {
		of = &frame{}
	}
	a.VersionCreated = wire.Date(a, string(it.VersionCreated), string(of.VersionCreated))
	a.PublishedAt = wire.Date(a, string(it.FirstPublished), string(it.FirstCreated), string(of.FirstCreated))
	if a.PublishedAt.IsZero() {
		a.PublishedAt = h.PublishedAt
	}
	may, only := it.allowed(a)
	if a.ExpiresAt = may.Until; only {
		it.RightsInfo.EncodedRights = "" // nothing is left of it for the text
	}
	wire.NotBefore(a, h, may.From)
	n, ok := wire.Urgency(it.Urgency.trim())
	if a.Urgency = n; !ok {
		a.Flag(article.FlagFieldUnreadable)
	}
	a.Language = wire.Language(signer, version, it.Language.trim(), of.Language.trim())
	it.subjects(a)
	it.correction(a)
	it.evolved(a, h)
	if err := it.lay(a, h); err != nil {
		if !notice {
			return err
		}
		a.Text, a.Segments = "", nil
		a.Flag(article.FlagFieldUnreadable)
	}
	if a.Text == "" && !notice {
		return document.Refuse(document.Empty, Name, "the item (type %q) has neither headline nor text of its own", it.kind())
	}
	return nil
}

// evolved notes what the item goes on from. The standard has the relations of
// associations for it, from 3.x on; agencies have fields of their own.
func (it *item) evolved(a *article.Article, h document.Hint) {
	for _, r := range []references{it.EvolvedFrom, it.RewriteOf, it.Replacing} {
		wire.EvolvedFrom(a, h, r.ids...)
		if r.unread {
			a.Flag(article.FlagFieldUnreadable)
		}
	}
	for _, m := range it.Associations {
		if one, err := parse(m.raw); err == nil && wire.Evolved(one.Rel.trim()) {
			wire.EvolvedFrom(a, h, one.id())
		}
	}
}

// signals are G2's as they come with ninjs, and AP's types.
func (it *item) signals() []concept {
	return slices.Concat(it.Signal.list, it.Signals.list, it.Types.list)
}

// correction flags an item that says it is one. The standard has no field for it.
func (it *item) correction(a *article.Article) {
	for _, c := range it.signals() {
		if wire.Corrects(c.id()) || wire.Corrects(string(c.Name)) {
			a.Flag(article.FlagCorrection)
		}
	}
}

// subjects takes all that the item is said to be about, as it is said.
func (it *item) subjects(a *article.Article) {
	seen := map[article.Subject]bool{}
	for _, cs := range []*concepts{
		&it.Subject, &it.Subjects, &it.Service, &it.Genre, &it.Genres, &it.Person, &it.People, &it.Organisation, &it.Organisations,
		&it.Place, &it.Places, &it.Event, &it.Events, &it.Object, &it.Objects, &it.Keywords, &it.Categories,
	} {
		if cs.unread {
			a.Flag(article.FlagFieldUnreadable)
		}
		for _, c := range cs.list {
			s := article.Subject{Code: wire.Clean(c.id()), Name: wire.Clean(string(c.Name))}
			if s != (article.Subject{}) && !seen[s] {
				seen[s] = true
				a.Subjects = append(a.Subjects, s)
			}
		}
	}
}

// id is the concept's code: by IPTC's prefix, by its address, or as it stands.
func (c *concept) id() string {
	id := c.URI.trim()
	if id == "" {
		id = c.QCode.trim()
	}
	if code := c.Code.trim(); id == "" && code != "" {
		switch scheme := c.Scheme.trim(); {
		case scheme == "":
			id = code
		case strings.HasSuffix(scheme, "/") || strings.HasSuffix(scheme, "#") || strings.HasSuffix(scheme, "="):
			id = scheme + code
		case strings.Contains(scheme, "://"):
			id = scheme + "/" + code
		default:
			id = scheme + ":" + code
		}
	}
	if id == "" {
		id = c.Literal.trim()
	}
	return wire.NewsCode(id)
}

// lay writes the text with its segments, and takes the pictures.
func (it *item) lay(a *article.Article, h document.Hint) error {
	body, pictures, err := choose(it.bodies(), h.URL)
	if err != nil {
		return err
	}
	about, more, err := choose(it.descriptions(), h.URL)
	if err != nil {
		return err
	}
	heads := it.headlines()
	if heads.main == "" {
		heads.main = wire.Clean(string(it.Title))
	}
	if heads.main == "" && len(body) > 0 && body[0].Kind == article.Subhead {
		heads.main = body[0].Text // the text has it, and nothing else
	}
	body = wire.Aside(trimRepeated(body, heads.main, wire.Clean(string(it.CopyrightHolder))))
	standfirst, caption := heads.subs, ""
	switch {
	case it.visual():
		caption = wire.Joined(about)
		if len(body) == 1 && wire.Same(body[0].Text, caption) {
			body = nil
		}
	case len(body) == 0 && len(about) > 1:
		body = about
	case !wire.Begins(body, wire.Joined(about)):
		standfirst = append(standfirst, wire.Joined(about))
	}

	l := layout{a: a, h: h, said: map[string]bool{}, own: map[*item]bool{}}
	l.Signer, l.Version = signer, version
	l.Add(article.Kicker, heads.kicker)
	l.Add(article.Headline, heads.main)
	l.Add(article.Standfirst, strings.Join(standfirst, "\n"))
	if k := it.kind(); k != kindPicture && k != kindGraphic { // theirs is the credit
		l.Add(article.Byline, it.byline())
	}
	place := wire.Clean(it.Dateline.trim())
	if place == "" {
		place = wire.Clean(string(it.Located))
	}
	if !wire.Opens(body, place) {
		l.Add(article.Dateline, place)
		place = ""
	}
	l.body(body)
	if it.visual() {
		im := it.image(h)
		im.Caption = caption
		l.image(im)
	}
	if err := it.walk(l.associated); err != nil {
		return err
	}
	for _, p := range append(pictures, more...) {
		if p.URL != "" && !l.hasImage(p.URL, p.Caption) {
			a.Images = append(a.Images, article.Image{URL: p.URL, Caption: p.Caption, Credit: p.Credit})
		}
	}
	if !strings.Contains(wire.Squeeze(wire.Joined(body)), wire.Squeeze(place)) {
		l.Add(article.Note, "Located: "+place)
	}
	it.notes(&l.Builder, heads)
	l.Fill(a)
	return nil
}

// layout is an article's text in the making.
type layout struct {
	article.Builder
	a    *article.Article
	h    document.Hint
	said map[string]bool // squeezed texts of the body and the captions
	own  map[*item]bool  // associations that are articles of their own, with what is in them
}

func (l *layout) body(blocks []html.Block) {
	for _, b := range blocks {
		l.Add(b.Kind, b.Text)
		l.said[wire.Squeeze(b.Text)] = true
	}
}

// image adds a picture, and its caption if that isn't said already.
func (l *layout) image(im article.Image) {
	if s := wire.Squeeze(im.Caption); s != "" && !l.said[s] {
		l.said[s] = true
		l.Add(article.Caption, im.Caption)
	}
	l.Add(article.CreditLine, im.Credit)
	if im.URL != "" {
		l.a.Images = append(l.a.Images, im)
	}
}

func (l *layout) hasImage(url, caption string) bool {
	return slices.ContainsFunc(l.a.Images, func(i article.Image) bool {
		return i.URL == url || caption != "" && wire.Same(i.Caption, caption)
	})
}

// associated takes of an association the picture, or the text if that has no
// id by which it could be an article of its own. What may not be used (yet) is
// left out.
func (l *layout) associated(_ string, _ member, of, m *item, broken *document.Error) error {
	if broken != nil || l.own[of] || of.own(m) || !l.usable(m) {
		l.a.Flag(article.FlagHoldsOthers)
	}
	switch {
	case broken != nil:
		l.a.Flag(article.FlagFieldUnreadable)
	case l.own[of] || of.own(m):
		l.own[m] = true
	case l.usable(m):
		return l.take(m)
	case m.pulled():
		l.a.Flag(article.FlagNoticeDropped)
	}
	return nil
}

// take adds the picture or the text of an association.
func (l *layout) take(m *item) error {
	switch {
	case m.visual():
		im := m.image(l.h)
		about, _, err := choose(m.descriptions(), l.h.URL)
		if err != nil {
			l.a.Flag(article.FlagFieldUnreadable)
		}
		if im.Caption = wire.Joined(about); im.Caption == "" {
			im.Caption = m.headlines().main
		}
		l.image(im)
	case m.id() == "":
		body, _, err := choose(m.bodies(), l.h.URL)
		if err != nil {
			return err
		}
		if len(body) > 0 {
			l.Add(article.Subhead, m.headlines().main)
			l.body(body)
		}
	}
	return nil
}

// notes adds what is for editors, and the rights.
func (it *item) notes(b *article.Builder, heads headings) {
	labelled := func(k article.Kind, label, value string) {
		if value != "" {
			b.Add(k, label+": "+value)
		}
	}
	b.Add(article.Note, wire.Tidy(string(it.EdNote)))
	slug, title := wire.Clean(string(it.Slugline)), wire.Clean(string(it.Title))
	labelled(article.Note, "Slugline", slug)
	if !wire.Same(title, heads.main) && !wire.Same(title, slug) {
		labelled(article.Note, "Title", title)
	}
	for _, o := range heads.others {
		labelled(article.Note, "Headline ("+o.role+")", o.text)
	}
	for _, d := range it.descriptions() {
		if d.aside && !slices.Contains(creditRoles, d.role) {
			labelled(article.Note, "Description ("+d.role+")", wire.Clean(d.value))
		}
	}
	for _, c := range slices.Concat(it.InfoSource.list, it.InfoSources.list) {
		labelled(article.Note, "Source", wire.Clean(string(c.Name)))
	}
	if !it.visual() {
		labelled(article.Note, "Credit", wire.Clean(string(it.Credit)))
	}
	notice, holder := wire.Tidy(string(it.CopyrightNotice)), wire.Clean(string(it.CopyrightHolder))
	b.Add(article.Boilerplate, notice)
	if !strings.Contains(notice, holder) {
		labelled(article.Boilerplate, "Copyright", holder)
	}
	labelled(article.Boilerplate, "Usage terms", wire.Tidy(string(it.UsageTerms)))
	if r := it.RightsInfo; r != nil {
		labelled(article.Boilerplate, "Rights", wire.Clean(string(r.LinkedRights)))
		labelled(article.Boilerplate, "Rights", wire.Tidy(string(r.EncodedRights)))
	}
}

func (it *item) byline() string {
	for _, s := range []words{it.Byline, it.By} {
		if s := wire.Clean(string(s)); s != "" {
			return s
		}
	}
	for _, people := range []*concepts{&it.Bylines, &it.Authors} {
		var names []string
		for _, c := range people.list {
			if n := wire.Clean(string(c.called())); n != "" && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
		if len(names) > 0 {
			return strings.Join(names, ", ")
		}
	}
	return ""
}

// pulled tells whether an item states a status other than usable, or one that
// can't be read.
func (it *item) pulled() bool {
	status, err := it.status()
	return err != nil || status != article.Usable
}

// usable tells whether what is in an association may go out with the article. Of
// a policy the times count, and that one can't be read is the article's flag.
func (l *layout) usable(m *item) bool {
	until, err := m.embargo()
	may, _ := m.allowed(l.a)
	if !may.From.Begun(l.h.ReceivedAt) {
		if may.From.Unresolved {
			return false
		}
		until = wire.Later(until, may.From.At)
	}
	if err != nil || until.After(l.a.EmbargoUntil) && until.After(l.h.ReceivedAt) {
		return false
	}
	return !m.pulled() && (may.Until.IsZero() || may.Until.After(l.h.ReceivedAt))
}

// image is the item's own picture, without caption.
func (it *item) image(h document.Hint) article.Image {
	im := article.Image{URL: document.Resolve(h.URL, it.picture())}
	for _, r := range it.Renditions {
		if r.Href.trim() == it.picture() {
			im.MediaType = r.mediaType()
		}
	}
	for _, d := range it.descriptions() {
		if slices.Contains(creditRoles, d.role) && im.Credit == "" {
			im.Credit = wire.Clean(d.value)
		}
	}
	for _, s := range []string{wire.Clean(string(it.Credit)), it.byline(), wire.Clean(string(it.CopyrightHolder))} {
		if im.Credit == "" {
			im.Credit = s
		}
	}
	return im
}

func (r *rendition) mediaType() string {
	if t := strings.ToLower(r.ContentType.trim()); t != "" {
		return t
	}
	return strings.ToLower(r.MimeType.trim())
}

// imageEndings tell a picture where no media type is stated.
var imageEndings = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff", ".svg"}

// picture is the address of the rendition that shows most; "" if there is no
// picture.
func (it *item) picture() string {
	best, width := "", -1.0
	for _, r := range it.Renditions {
		href := r.Href.trim()
		kind := r.mediaType()
		is := strings.HasPrefix(kind, "image/")
		if kind == "" {
			path, _, _ := strings.Cut(strings.ToLower(href), "?")
			for _, e := range imageEndings {
				is = is || strings.HasSuffix(path, e)
			}
			t := strings.ToLower(it.Type.trim())
			is = is || t == kindPicture || t == kindGraphic
		}
		if href == "" || !is {
			continue
		}
		w, err := strconv.ParseFloat(r.Width.trim(), 64)
		if err != nil {
			w = 0
		}
		if w > width {
			best, width = href, w
		}
	}
	return best
}
