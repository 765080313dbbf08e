package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/override"
	"github.com/copytaster/copytaster/services/enrich/override/desk"
	"github.com/copytaster/copytaster/services/search/find"
)

// The field that entitlement goes by, and the one that it is found in.
const (
	agency   = "agency"
	segments = "segments"
)

// via is by what changes come, in the audit.
const via = "api"

// Corrections answer what is asked about the overrides of articles.
type Corrections struct {
	Of      Readers
	Editors *Editors // nil: nothing is corrected here
	// Timeout is how long the article may be looked for; 0: any time.
	Timeout time.Duration
	Log     zerolog.Logger
}

func (s Service) corrections() Corrections {
	return Corrections{Of: s.readers(), Editors: s.Editors, Timeout: s.Timeout, Log: s.Log}
}

// correcting is a request about the override of an article.
type correcting struct {
	Corrections

	r      *http.Request
	values url.Values
}

// finder finds for who sends the request: as they are by now, which may be less than when
// they came.
func (c *correcting) finder() (Finder, error) {
	who := access.Of(c.r.Context())
	if who.Again == nil {
		return c.Of(c.r), nil
	}
	now, err := who.Again()
	if err != nil {
		return nil, err
	}
	return c.Of(c.r.WithContext(access.With(c.r.Context(), now))), nil
}

// editing answers with the override that do gives, which it does not if nothing may be
// corrected here.
func (s Corrections) editing(do func(c *correcting) (desk.Line, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l, err := func() (l desk.Line, err error) {
			switch {
			case s.Editors == nil:
				return l, errNoOverrides
			case !access.Of(r.Context()).May(access.Read):
				return l, errBlind
			}
			values, err := url.ParseQuery(r.URL.RawQuery)
			if err != nil {
				return l, malformed(err)
			}
			return do(&correcting{s, r, values})
		}()
		if err != nil {
			if wait, ok := errors.AsType[*oftenError](err); ok {
				w.Header().Set("Retry-After", strconv.Itoa(int(wait.after/time.Second)+1))
			}
			fail(w, r, s.Log, err)
			return
		}
		w.Header().Set("ETag", numberTag(l.Number))
		answer(w, r, s.Log, &l)
	})
}

func numberTag(n int) string { return `"` + strconv.Itoa(n) + `"` }

// mayCorrect tells whether somebody with that grant may correct a field. The agency says
// who may see an article: corrected, it could show a reader what they aren't entitled to,
// in all revisions to come, or take it from others. It is read off the segments: dateline,
// byline, sign-off.
func mayCorrect(g access.Grant, field string) bool {
	return field != agency && field != segments || g.Everything()
}

// told is a line as who has that grant may see it, of an article of that revision.
func told(l desk.Line, g access.Grant, shown *article.Article) desk.Line {
	l.Correctable = slices.DeleteFunc(article.Correctable(), func(field string) bool { return !mayCorrect(g, field) })
	if shown.Status == article.Canceled {
		l.Correctable = nil
	}
	if l.Revision.Source() != shown.Revision.Source() { // one that they weren't shown
		l.Revision = 0
	}
	if !g.Everything() {
		l.Discreet()
	}
	return l
}

// Overridden answers with what editors say of an article, a [desk.Line].
func (s Corrections) Overridden() http.Handler {
	h := s.editing(func(c *correcting) (l desk.Line, err error) {
		if err := only(c.values); err != nil {
			return l, err
		}
		f := s.Of(c.r)
		found, err := f.ToCorrect(c.r.Context(), article.URI(c.r.PathValue("uri")))
		if err != nil {
			return l, err
		}
		return c.stand(c.r.Context(), f, found)
	})
	return Within(s.Timeout, placed(Service{Log: s.Log}, "Too many overrides are asked for", MaxLooks, MaxLooksEach, h))
}

// stand is the override as it is.
func (c *correcting) stand(ctx context.Context, f Finder, a *article.Article) (desk.Line, error) {
	l, err := c.Editors.desk.Of(ctx, a)
	if err != nil {
		return l, deskErr(err, false)
	}
	return told(l, f.Grant(), a), nil
}

// Correct takes the body for what an editor says of the field of the path.
func (s Corrections) Correct() http.Handler {
	return s.changing(func(r *http.Request, c *override.Change) error {
		value, err := io.ReadAll(io.LimitReader(r.Body, MaxCorrection+1))
		switch {
		case err != nil:
			return &find.ParameterError{Parameter: "body", Message: "can't be read: " + err.Error(), At: -1}
		case len(value) > MaxCorrection:
			return errLongValue
		}
		c.Set = []override.Said{{Field: r.PathValue("field"), Value: value}}
		return nil
	})
}

// TakeBack removes what was said of the field of the path.
func (s Corrections) TakeBack() http.Handler {
	return s.changing(func(r *http.Request, c *override.Change) error {
		c.Remove = []string{r.PathValue("field")}
		return nil
	})
}

// changing makes the change that fill fills in. A sender has a place from when they begin
// to send it, of all senders' when it is there.
func (s Corrections) changing(fill func(r *http.Request, c *override.Change) error) http.Handler {
	h := s.editing(func(c *correcting) (desk.Line, error) {
		change, err := c.change(fill)
		if err != nil {
			return desk.Line{}, err
		}
		return c.make(change)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Editors != nil {
			leave, err := s.Editors.sending.take(access.Of(r.Context()).Sender)
			if err != nil {
				fail(w, r, s.Log, err)
				return
			}
			defer leave()
			// Where the server can't do it, its own time limit holds.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * ChangeTime))
		}
		h.ServeHTTP(w, r)
	})
}

// change is what the request asks for.
func (c *correcting) change(fill func(r *http.Request, c *override.Change) error) (change override.Change, err error) {
	if err := only(c.values, "reason"); err != nil {
		return change, err
	}
	change = override.Change{Who: whoIs(access.Of(c.r.Context())), Reason: strings.TrimSpace(c.values.Get("reason")), Via: via, Spare: SpareChanges}
	if change.From, err = numberOf(c.r.Header.Values("If-Match")); err != nil {
		return change, err
	}
	if len(change.Reason) > article.MaxReason || !utf8.ValidString(change.Reason) || strings.ContainsFunc(change.Reason, unicode.IsControl) {
		return change, &find.ParameterError{Parameter: "reason", Message: "is not one line of at most " + strconv.Itoa(article.MaxReason) + " bytes", At: -1}
	}
	if err := fill(c.r, &change); err != nil {
		return change, err
	}
	if err := change.Validate(); err != nil {
		return change, &find.ParameterError{Parameter: "field", Message: err.Error(), At: -1}
	}
	return change, nil
}

// make makes a change of the article of the path, which the reader must be able to see by
// its URI. It goes on when its client leaves.
func (c *correcting) make(change override.Change) (l desk.Line, err error) {
	leave, err := c.Editors.begin(access.Of(c.r.Context()).Sender)
	if err != nil {
		return l, err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), ChangeTime)
	defer cancel()
	f, a, err := c.see(ctx)
	if err != nil {
		return l, err
	}
	field := c.r.PathValue("field")
	if !mayCorrect(f.Grant(), field) {
		return l, errAgency
	}
	if err := c.Editors.often(access.Of(c.r.Context()).Sender, a.URI); err != nil {
		return l, err
	}
	seen := desk.Seen{Article: a, Still: func(ctx context.Context) error {
		now, b, err := c.see(ctx)
		switch {
		case err != nil:
			return err
		case !mayCorrect(now.Grant(), field):
			return errAgency
		case b.Revision.Source() != a.Revision.Source():
			return &desk.RefusalError{Err: desk.ErrNewer}
		}
		f = now
		return nil
	}}
	l, err = c.Editors.desk.Change(ctx, seen, change)
	switch {
	case errors.Is(err, override.ErrSame):
		return c.stand(ctx, f, a)
	case errors.Is(err, override.ErrMoved):
		stand, failed := c.stand(ctx, f, a)
		if failed != nil {
			return l, failed
		}
		return l, &movedError{stand}
	case err != nil:
		return l, deskErr(err, l.URI != "")
	}
	return told(l, f.Grant(), a), nil
}

// see is the article of the path as who asks may see it by now.
func (c *correcting) see(ctx context.Context) (Finder, *article.Article, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	f, err := c.finder()
	if err != nil {
		return nil, nil, err
	}
	a, err := f.ToCorrect(ctx, article.URI(c.r.PathValue("uri")))
	return f, a, err
}

// only tells of parameters that aren't there, or are given more than once.
func only(values url.Values, names ...string) error {
	for name, given := range values {
		if len(given) > 1 || !slices.Contains(names, name) {
			return &find.ParameterError{Parameter: name, Message: "is not known here, or is given more than once", At: -1}
		}
	}
	return nil
}

// keyMark stands before a key's id, and in nobody's name.
const keyMark = " (key "

// whoIs is by what name somebody corrects: that of the person, or the key with its id.
func whoIs(who access.Identity) string {
	name := strings.ReplaceAll(who.Name, keyMark, " (")
	if who.Key == "" {
		return cut(name, article.MaxWho)
	}
	id := keyMark + who.Key + ")"
	return cut(name, article.MaxWho-len(id)) + id
}

// cut is s with limit bytes at most.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// numberOf reads If-Match: the number of an override, or nil for any. A proxy that packs
// answers makes a weak tag of it, and the number is the same.
func numberOf(header []string) (*int, error) {
	if len(header) == 0 {
		return nil, errUnconditional
	}
	tag := strings.TrimSpace(header[0])
	if len(header) == 1 && tag == "*" {
		return nil, nil //nolint:nilnil // any
	}
	tag = strings.TrimPrefix(tag, "W/")
	digits := strings.TrimSuffix(strings.TrimPrefix(tag, `"`), `"`)
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || len(header) > 1 || tag != numberTag(int(n)) {
		return nil, &find.ParameterError{Parameter: "If-Match", Message: `is neither the one ETag of an override, such as "3", nor *`, At: -1}
	}
	number := int(n)
	return &number, nil
}
