package search_test

import (
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/article"
)

// keep puts the originals of articles into the archive of the service.
func (n *newsroom) keep(as ...*article.Article) {
	n.tb.Helper()
	a, closeIt, err := n.kept.Open(nil)
	if err != nil {
		n.tb.Fatal(err)
	}
	for _, of := range as {
		if err := a.Put(n.tb.Context(), archive.KeyOf(of), of.Original.Bytes); err != nil {
			n.tb.Fatal(err)
		}
	}
	if err := closeIt(); err != nil {
		n.tb.Fatal(err)
	}
}

func originalPath(a *article.Article) string { return articlePath(a.URI) + "/original" }

func TestOriginal(t *testing.T) {
	n := open(t)
	at := func(minute int) time.Time { return day.Add(time.Duration(minute) * time.Minute) }
	version := func(minute int, text string) report {
		return report{
			uri: "https://example.org/a/b", language: "en", headline: "H", body: []string{text}, created: at(minute),
			original: article.Original{Bytes: []byte("original of " + text), MediaType: "text/plain", Charset: "utf-8", Name: "report.txt"},
		}
	}
	all := n.index(version(0, "one"), version(1, "two"))
	again := version(1, "two")
	again.generation = 7
	again2 := n.index(again)
	n.keep(all...)

	r := n.get(originalPath(all[1]))
	if r.status != http.StatusOK || r.body != "original of two" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": `attachment; filename=report.txt`, "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-cache", "Content-Length": "15",
		"Cross-Origin-Resource-Policy": "same-origin", "ETag": `"` + all[1].Original.Hash + `"`,
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r := n.get(originalPath(all[1]), "If-None-Match", r.header.Get("ETag")); r.status != http.StatusNotModified || r.body != "" {
		t.Errorf("the same again: %d %q", r.status, r.body)
	}
	if r := n.get(originalPath(all[0]) + "?revision=" + all[0].Revision.String()); r.body != "original of one" {
		t.Errorf("an older revision: %d %s", r.status, r.body)
	}
	if r := n.get(originalPath(all[0]) + "?revision=" + again2[0].Revision.String()); r.body != "original of two" {
		t.Errorf("by the number of another generation: %d %s", r.status, r.body)
	}
	for path, want := range map[string]int{
		originalPath(all[0]) + "?revision=12345678": http.StatusNotFound, originalPath(all[0]) + "?revision=x": http.StatusBadRequest,
		originalPath(all[0]) + "?format=x": http.StatusBadRequest, "/v1/articles/none/original": http.StatusNotFound,
	} {
		if p := n.problem(path); p.Status != want {
			t.Errorf("%s: %+v", path, p)
		}
	}
	missing := n.index(report{id: "missing", language: "en", headline: "H", body: []string{"x"}, original: article.Original{Bytes: []byte("never kept")}}, report{id: "none", language: "en", headline: "H", body: []string{"x"}})
	for _, a := range missing {
		if p := n.problem(originalPath(a)); p.Status != http.StatusNotFound || !strings.HasSuffix(p.Type, "not-kept") {
			t.Errorf("%s: %+v", a.URI, p)
		}
	}

	// What decays isn't given; an archive that is away is no empty one.
	damage(t, n.kept.Dir)
	if p := n.problem(originalPath(all[1])); p.Status != http.StatusInternalServerError {
		t.Errorf("damaged: %+v", p)
	}
	if err := os.RemoveAll(n.kept.Dir); err != nil {
		t.Fatal(err)
	}
	if r := n.get(originalPath(all[1])); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
		t.Errorf("away: %d %s", r.status, r.body)
	}
	if r := n.get("/readyz"); r.status != http.StatusOK {
		t.Errorf("without its archive search is not ready: %s", r.body)
	}
}

// damage changes a byte of every original.
func damage(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		return os.WriteFile(path, []byte("rotten"), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOriginalsOfWhatIsHidden: the bytes are as hidden as the article is, in all
// its revisions, from the moment that it is.
func TestOriginalsOfWhatIsHidden(t *testing.T) {
	n := open(t)
	of := func(id string, minute int, status article.Status, embargo time.Time) report {
		return report{
			id: id, language: "en", headline: "H", body: []string{secret}, created: day.Add(time.Duration(minute) * time.Minute), status: status, embargo: embargo,
			original: article.Original{Bytes: []byte(secret + id + " " + string(status)), MediaType: "text/plain"},
		}
	}
	later := time.Now().Add(time.Hour)
	none := time.Time{}
	reports := []report{
		of("embargoed", 0, article.Usable, later), of("withheld", 0, article.Withheld, none), of("canceled", 0, article.Canceled, none),
		of("was-free", 0, article.Usable, none), of("was-open", 0, article.Usable, none), of("was-alive", 0, article.Usable, none), of("free", 0, article.Usable, none),
	}
	all := n.index(reports...)
	n.keep(all...)
	for _, a := range all[3:] {
		if r := n.get(originalPath(a)); r.status != http.StatusOK || !strings.Contains(r.body, secret) {
			t.Errorf("%s: %d %s", a.URI, r.status, r.body)
		}
	}
	newer := n.index(of("was-free", 1, article.Usable, later), of("was-open", 1, article.Withheld, none), of("was-alive", 1, article.Canceled, none))
	n.keep(newer...)
	for _, a := range append(all[:6:6], newer...) {
		for _, path := range []string{originalPath(a), originalPath(a) + "?revision=" + a.Revision.String()} {
			r := n.get(path)
			if r.status != http.StatusNotFound || strings.Contains(r.body, secret) || r.header.Get("ETag") != "" {
				t.Errorf("%s: %d %s", path, r.status, r.body)
			}
			if r := n.get(path, "If-None-Match", `"`+a.Original.Hash+`"`); r.status != http.StatusNotFound {
				t.Errorf("%s is told to be unchanged: %d", path, r.status)
			}
		}
	}
	if r := n.get(originalPath(all[6])); r.status != http.StatusOK {
		t.Errorf("the free one: %d", r.status)
	}
	holds := of("package", 0, article.Usable, none)
	holds.flags = []string{article.FlagHoldsOthers}
	a := n.index(holds)[0]
	n.keep(a)
	if r := n.get(originalPath(a)); r.status != http.StatusForbidden || strings.Contains(r.body, secret) {
		t.Errorf("what holds others: %d %s", r.status, r.body)
	}
}

// TestOriginalIsNoPage: whatever a stranger states, the answer is a file to
// save, of a type that runs nothing.
func TestOriginalIsNoPage(t *testing.T) {
	n := open(t)
	cases := []struct{ stated, name, wantType, wantName string }{
		{"text/html", "a.html", "text/html", "a.html"},
		{"text/html; charset=x\r\nSet-Cookie: a=b", "a", "application/octet-stream", "a"},
		{"text/javascript", "a.js", "application/octet-stream", "a.js"},
		{"application/javascript", "", "application/octet-stream", "original"},
		{"text/css", "../../etc/passwd", "application/octet-stream", "passwd"},
		{"image/svg+xml", `a"b;c.svg`, "application/octet-stream", "ab;c.svg"},
		{"application/wasm", "a\r\nX: y", "application/octet-stream", "aX y"},
		{"application/atom+xml", `C:\wire\.hidden`, "application/atom+xml", "hidden"},
		{"text/vnd.IPTC.NITF", "尼日尔.xml", "text/vnd.iptc.nitf", "尼日尔.xml"},
		{"no type at all", strings.Repeat("x", 500) + ".txt", "application/octet-stream", strings.Repeat("x", 116) + ".txt"},
		{"", "%00%2e", "application/octet-stream", "002e"},
		{"multipart/x-mixed-replace; boundary=a", ".", "application/octet-stream", "original"},
	}
	for _, c := range cases {
		a := n.index(report{
			id: c.wantType + c.wantName, language: "en", headline: "H", body: []string{"x"},
			original: article.Original{Bytes: []byte("<script>alert(1)</script>" + c.stated), MediaType: c.stated, Name: c.name},
		})[0]
		n.keep(a)
		r := n.get(originalPath(a))
		disposition, parameters, err := mime.ParseMediaType(r.header.Get("Content-Disposition"))
		if r.status != http.StatusOK || r.header.Get("Content-Type") != c.wantType || err != nil || disposition != "attachment" || parameters["filename"] != c.wantName {
			t.Errorf("%q, %q: %d, type %q, disposition %q (%q)", c.stated, c.name, r.status, r.header.Get("Content-Type"), r.header.Get("Content-Disposition"), parameters["filename"])
		}
		if r.header.Get("Set-Cookie") != "" || r.header.Get("X") != "" || r.header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(r.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q: %v", c.stated, r.header)
		}
	}
}
