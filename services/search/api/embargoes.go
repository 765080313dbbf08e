package api

import (
	"errors"
	"net/http"
	"net/url"
	"sync"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/search/find"
)

// MaxEmbargoes and MaxEmbargoesEach are how many lists of embargoes are made at once, in all
// and for one sender: each has whole articles.
const (
	MaxEmbargoes     = 16
	MaxEmbargoesEach = 4
)

// MaxTold is how many articles that readers were told of are remembered; then all are
// forgotten, and logged again when they are told of again.
const MaxTold = 100_000

// errEmbargoesOff says that nobody is told of what is under an embargo.
var errEmbargoesOff = errors.New("embargoes are not told here")

// Embargoes are told to those who may see them, and the log is told of that: once for
// each revision of an article and each reader, as long as it is remembered.
type Embargoes struct {
	log zerolog.Logger

	mu   sync.Mutex
	told map[sentTo]article.Revision
}

// NewEmbargoes are those that log hears of.
func NewEmbargoes(log zerolog.Logger) *Embargoes {
	return &Embargoes{log: log, told: map[sentTo]article.Revision{}}
}

// tell logs which articles somebody is told of who wasn't.
func (e *Embargoes) tell(who access.Identity, as []*article.Article) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range as {
		k := sentTo{who.Sender, a.URI}
		if e.told[k] == a.Revision {
			continue
		}
		if len(e.told) >= MaxTold {
			clear(e.told)
		}
		e.told[k] = a.Revision
		// Whatever the level of the log is: this is the one record of it.
		e.log.Log().Str(zerolog.LevelFieldName, zerolog.LevelInfoValue).Str("by", whoIs(who)).Str("article", string(a.URI)).Str("revision", a.Revision.String()).Time("embargo_until", a.EmbargoUntil).
			Msg("an article under an embargo was read")
	}
}

// embargoes answers with a page of what is under an embargo, a [find.Embargoes]. It is the
// one route that tells of it. Nothing keeps the answer: it is over when the embargo is, or
// when the article is killed.
func embargoes(s Service) http.Handler {
	return s.within(func(w http.ResponseWriter, r *http.Request) {
		page, err := s.embargoed(r)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		answer(w, r, s.Log, &page)
	})
}

func (s Service) embargoed(r *http.Request) (page find.Embargoes, err error) {
	who := access.Of(r.Context())
	switch {
	case s.Embargoes == nil:
		return page, errEmbargoesOff
	case !who.May(access.Read):
		return page, errBlind
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return page, malformed(err)
	}
	request, err := find.ParseEmbargoes(values)
	if err != nil {
		return page, err
	}
	if page, err = s.Finder(r).Embargoes(r.Context(), request); err != nil {
		return find.Embargoes{}, err
	}
	s.Embargoes.tell(who, page.Articles)
	return page, nil
}

// embargoProblem is what an error of embargoes means; false if it is none of its own.
func embargoProblem(err error) (Problem, bool) {
	if !errors.Is(err, errEmbargoesOff) {
		return Problem{}, false
	}
	return Problem{
		Type: problemPrefix + "off", Title: "Embargoes are not told here", Status: http.StatusNotFound,
		Detail: "The service isn't told to (search-embargoes). There may be another one that is.",
	}, true
}
