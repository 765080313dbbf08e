package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/access"
	"github.com/copytaster/copytaster/services/search/export"
	"github.com/copytaster/copytaster/services/search/find"
)

// Limits of exports of whole searches.
const (
	// MaxExports is how many are sent at the same time, MaxExportsEach how many of them
	// to one sender: a key, a person, or else an address.
	MaxExports     = 8
	MaxExportsEach = 2
	// MaxExportTime is how long one may take; another goes on where it ended.
	MaxExportTime = 10 * time.Minute
	// exportWrite is how long the client may take to read a page of it.
	exportWrite = time.Minute
)

// Headers and trailers of exports.
const (
	headerTotal     = "Copytaster-Total"    // articles that the search finds
	trailerArticles = "Copytaster-Articles" // that were sent
	trailerComplete = "Copytaster-Complete" // "true", "false"
	trailerNext     = "Copytaster-Next"     // where another one goes on, if it isn't complete
)

// Why an export isn't complete.
const (
	reasonLimit   = "limit"   // it has as many articles as it may
	reasonTime    = "time"    // it took as long as it may
	reasonProblem = "problem" // something went wrong
)

// form is a form of an export.
type form struct {
	name, mediaType, extension string
	ends                       bool // it says itself that it isn't complete
	open                       func(w io.Writer, e *exporting, base string) recorder
}

func forms() []form {
	all := []form{
		{"ndjson", "application/x-ndjson", "ndjson", true, func(w io.Writer, _ *exporting, _ string) recorder { return &lines{lineWriter(w)} }},
		{"csv", "text/csv; charset=utf-8; header=present", "csv", false, func(w io.Writer, _ *exporting, _ string) recorder { return &table{csv.NewWriter(w)} }},
	}
	for _, f := range export.Table {
		if f.Open != nil {
			all = append(all, form{f.Name, f.MediaType, f.Extension, f.GoesOn, func(w io.Writer, e *exporting, base string) recorder { return openDocument(w, f, e, base) }})
		}
	}
	return all
}

// document is an export as one document of a format.
type document struct {
	export.Stream

	next func(cursor string) string // address where another one goes on
}

func openDocument(w io.Writer, f export.Format, e *exporting, base string) recorder {
	const path = "/v1/export"
	request := e.request.Request
	request.Size = find.DefaultSize // exports have no pages
	l, v := listOf(request, base, path, f.Name, true)
	if e.request.Limit != find.MaxRecords { // the next one has as many
		v.Set("limit", strconv.Itoa(e.request.Limit))
		l.Self = base + path + "?" + v.Encode()
	}
	return &document{f.Open(w, l), func(cursor string) string {
		v.Set("after", cursor)
		return base + path + "?" + v.Encode()
	}}
}

func (d *document) begin() error               { return d.Begin() }
func (d *document) record(r find.Record) error { return d.Article(r.Article, r.Cursor) }
func (d *document) progress(progress) error    { return nil }

func (d *document) end(e ending) error {
	next := ""
	if e.Next != "" {
		next = d.next(e.Next)
	}
	return d.End(next)
}

// recorder writes the parts of an export.
type recorder interface {
	begin() error
	record(r find.Record) error
	progress(p progress) error
	end(e ending) error
}

// progress tells how far an export is.
type progress struct {
	Articles int    `json:"articles"` // that were sent
	Total    int    `json:"total"`    // that the search found when it began, those before the cursor included
	Cursor   string `json:"cursor,omitempty"`
}

// ending tells how an export ended.
type ending struct {
	Articles int      `json:"articles"`
	Complete bool     `json:"complete"`
	Reason   string   `json:"reason,omitempty"`
	Next     string   `json:"next,omitempty"`
	Problem  *Problem `json:"problem,omitempty"`
}

// lines are an export of JSON, one value on each line.
type lines struct{ *json.Encoder }

func lineWriter(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

func (l *lines) begin() error               { return nil }
func (l *lines) record(r find.Record) error { return l.Encode(r) }
func (l *lines) progress(p progress) error {
	return l.Encode(struct {
		Progress progress `json:"progress"`
	}{p})
}

func (l *lines) end(e ending) error {
	return l.Encode(struct {
		End ending `json:"end"`
	}{e})
}

// table is an export of comma separated values, RFC 4180.
type table struct{ *csv.Writer }

func (t *table) begin() error { return t.Write(find.Columns()) }

func (t *table) record(r find.Record) error {
	row := r.Row()
	for i, cell := range row {
		row[i] = inert(cell)
	}
	return t.Write(row)
}

func (t *table) progress(progress) error { t.Flush(); return t.Error() }
func (t *table) end(ending) error        { t.Flush(); return t.Error() }

// inert keeps programs for tables from taking what a stranger wrote for a formula.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// exportAll answers with all articles of a search, page by page, as they are read.
func exportAll(s Service) http.Handler {
	exports := places{title: "Too many exports are sent", all: MaxExports, each: MaxExportsEach}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, r, s.Log, malformed(err))
			return
		}
		w.Header().Add("Vary", "Accept")
		as, err := exportForm(r, values)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		f := s.Finder(r)
		request, err := find.ParseExport(values, f.Zone())
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		leave, err := exports.take(access.Of(r.Context()).Sender)
		if err != nil {
			fail(w, r, s.Log, err)
			return
		}
		defer leave()
		ctx, cancel := context.WithTimeout(r.Context(), MaxExportTime)
		defer cancel()
		e := exporting{Service: s, find: f, request: request, form: as}
		if err := e.first(ctx); err != nil {
			fail(w, r, s.Log, err)
			return
		}
		if err := e.send(ctx, w, r); err != nil {
			s.Log.Debug().Err(err).Msg("client left before its export ended")
		}
	})
}

// exportForm finds the form that is asked for, as [negotiate] does; the first one if none
// is.
func exportForm(r *http.Request, values url.Values) (form, error) {
	var list []offer
	for _, f := range forms() {
		list = append(list, offer{f.name, f.mediaType, nil})
	}
	i, err := choose(r, values, list)
	if err != nil {
		return form{}, err
	}
	return forms()[i], nil
}

// exporting is one export on its way.
type exporting struct {
	Service

	find    *find.Finder
	request find.ExportRequest
	form    form
	total   int
	records []find.Record
	next    string
}

// first reads the first page, so that what is wrong is told as a problem.
func (e *exporting) first(ctx context.Context) (err error) {
	if e.records, e.next, err = e.find.Records(ctx, e.request.Request); err != nil {
		return err
	}
	e.total, err = e.find.Count(ctx, e.request.Request)
	return err
}

// send writes all pages. An error says that the client is gone.
func (e *exporting) send(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", e.form.mediaType)
	h.Set("Content-Disposition", `attachment; filename="articles.`+e.form.extension+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", nothing)
	h.Set("Cache-Control", "private, no-store")
	h.Set(headerTotal, strconv.Itoa(e.total))
	h.Set("Trailer", strings.Join([]string{trailerArticles, trailerComplete, trailerNext}, ", "))
	if r.Method == http.MethodHead {
		return nil
	}
	c := client{http.NewResponseController(w)}
	to := e.form.open(w, e, base(r, e.Public))
	c.awaited()
	if err := to.begin(); err != nil {
		return err
	}
	end, err := e.pages(ctx, r, to, c)
	if err != nil {
		return err
	}
	if !e.form.ends && (end.Reason == reasonTime || end.Reason == reasonProblem) {
		// It would look complete. Its client sees that it isn't, and goes on by the last cursor.
		panic(http.ErrAbortHandler)
	}
	c.awaited()
	if err := to.end(end); err != nil {
		return err
	}
	h.Set(trailerArticles, strconv.Itoa(end.Articles))
	h.Set(trailerComplete, strconv.FormatBool(end.Complete))
	if end.Next != "" {
		h.Set(trailerNext, end.Next)
	}
	return nil
}

// client is who reads an export.
type client struct{ *http.ResponseController }

// awaited gives the client time to read what is written next, however long it took to
// make. Where the server can't do it, its own time limit holds.
func (c client) awaited() { _ = c.SetWriteDeadline(time.Now().Add(exportWrite)) }

// pages writes one page after the other.
func (e *exporting) pages(ctx context.Context, r *http.Request, to recorder, c client) (ending, error) {
	request := e.request.Request
	end := ending{Next: request.After}
	for {
		c.awaited()
		for _, record := range e.records {
			if end.Articles == e.request.Limit {
				end.Reason = reasonLimit
				return end, nil
			}
			if err := to.record(record); err != nil {
				return end, err
			}
			end.Articles, end.Next = end.Articles+1, record.Cursor
		}
		if e.next == "" {
			end.Complete, end.Next = true, ""
			return end, nil
		}
		end.Next = e.next
		if end.Articles == e.request.Limit {
			end.Reason = reasonLimit
			return end, nil
		}
		if err := to.progress(progress{end.Articles, e.total, e.next}); err != nil {
			return end, err
		}
		c.awaited()
		if err := c.Flush(); err != nil {
			return end, err
		}
		request.After = e.next
		err := e.again(r)
		if err != nil {
			return end.of(ctx, r, e, err)
		}
		if e.records, e.next, err = e.find.Records(ctx, request); err != nil {
			return end.of(ctx, r, e, err)
		}
	}
}

// again looks whether the reader may still ask, and what they may see by now.
func (e *exporting) again(r *http.Request) error {
	who := access.Of(r.Context())
	if who.Again == nil {
		return nil
	}
	now, err := who.Again()
	if err == nil {
		e.find = e.Finder(r.WithContext(access.With(r.Context(), now)))
	}
	return err
}

// of is the ending that an error makes; an error if nobody is there to hear of it.
func (end ending) of(ctx context.Context, r *http.Request, e *exporting, err error) (ending, error) {
	switch {
	case r.Context().Err() != nil:
		return end, r.Context().Err()
	case ctx.Err() != nil:
		end.Reason = reasonTime
		return end, nil //nolint:nilerr // the ending tells it
	}
	p := ProblemOf(err)
	Log(e.Log, r, p.Status, err)
	end.Reason, end.Problem = reasonProblem, &p
	return end, nil
}
