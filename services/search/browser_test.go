package search_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserTimeout bounds a whole test in the browser.
const browserTimeout = 5 * time.Minute

// screens is where screenshots go, for people to look at.
const screens = "screens"

// browser is a headless Chromium that notes what a page may not do: ask other
// hosts, log errors, break its own content policy.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

func browse(t *testing.T, base string) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium to test the page with: install it, on Debian with `apt-get install chromium`")
	}
	timeout, cancel := context.WithTimeout(t.Context(), browserTimeout)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.Flag("disable-dev-shm-usage", true),
		// A page that is taken out of that cache has nodes that chromedp never heard of.
		chromedp.Flag("disable-features", "site-per-process,Translate,BlinkGenPropertyTrees,BackForwardCache"),
		chromedp.WSURLReadTimeout(browserTimeout),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox for root
	}
	allocated, cancel := chromedp.NewExecAllocator(timeout, options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until it has ended
		cancel()
	})
	b := &browser{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, base+"/") && !strings.HasPrefix(u, "data:") {
				b.fault("asked for %s", u)
			}
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.LevelError && !strings.Contains(e.Entry.Text, "status of 4") {
				b.fault("%s: %s", e.Entry.URL, e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			b.fault("%s", e.ExceptionDetails.Error())
		case *page.EventJavascriptDialogOpening:
			b.fault("a dialog opened: %s", e.Message)
		}
	})
	b.do("start", network.Enable(), cdplog.Enable(), runtime.Enable(), page.Enable())
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.faults {
			t.Error("in the browser: " + f)
		}
	})
	return b
}

func (b *browser) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

func (b *browser) do(what string, actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *browser) eval(script string) string {
	b.t.Helper()
	var s string
	b.do(script, chromedp.Evaluate("String("+script+")", &s))
	return s
}

// until waits for the script to give true.
func (b *browser) until(script string) {
	b.t.Helper()
	defer func() {
		if b.t.Failed() {
			var at string
			_ = chromedp.Run(b.ctx, chromedp.Evaluate(`location.href + "\n" + document.body.innerText`, &at))
			b.t.Log(at)
		}
	}()
	await(b.t, script, func() bool {
		var ok bool
		// While a page is being left, there is nothing to evaluate in.
		return chromedp.Run(b.ctx, chromedp.Evaluate("document.readyState === 'complete' && Boolean("+script+")", &ok)) == nil && ok
	})
}

// shoot takes a screenshot in a given window.
func (b *browser) shoot(name string, width, height int64, scheme string) {
	b.t.Helper()
	var png []byte
	b.do("screenshot",
		emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.CaptureScreenshot(&png),
	)
	if err := os.MkdirAll(screens, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screens, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
	if over := b.eval(`document.documentElement.scrollWidth > document.documentElement.clientWidth`); over == "true" {
		b.t.Errorf("%s: the page is wider than a window of %d", name, width)
	}
}

func TestPageInBrowser(t *testing.T) {
	n := open(t)
	n.index(desk()...)
	later := desk()[0]
	later.created, later.headline = day.Add(time.Hour), "USA must withdraw its troops from Niger"
	n.index(later)
	later.created, later.urgency = day.Add(2*time.Hour), 3
	n.index(later)
	b := browse(t, n.base)

	b.do("open", emulation.SetTimezoneOverride("America/New_York"), chromedp.EmulateViewport(1440, 900), chromedp.Navigate(n.base+"/"))
	b.until(`document.querySelectorAll(".hits > li").length === 20`)
	if got := b.eval(`document.querySelector("h1").textContent`); got != "Latest" {
		t.Errorf("heading %q", got)
	}
	// Times are the reader's own.
	if got := b.eval(`document.querySelector(".about time").textContent`); strings.Contains(got, "CEST") || !strings.Contains(got, "2024") {
		t.Errorf("time %q", got)
	}
	b.shoot("latest-wide-light", 1440, 900, "light")

	// "/" goes to the box; search.
	// As one event, like a keyboard's: only then does its default, to write a
	// character, depend on what the page makes of it.
	slash := input.DispatchKeyEvent(input.KeyDown).WithKey("/").WithCode("Slash").WithText("/")
	b.do("key", slash, input.DispatchKeyEvent(input.KeyUp).WithKey("/").WithCode("Slash"))
	b.until(`document.activeElement.id === "q"`)
	b.do("search", chromedp.SendKeys("#q", "niger soldiers\r"))
	b.until(`location.search.includes("q=niger") && document.querySelectorAll(".hits > li").length === 2`)
	if got := b.eval(`[...document.querySelectorAll(".hits mark")].map(m => m.textContent).join(" ")`); !strings.Contains(got, "Niger") || !strings.Contains(got, "soldiers") {
		t.Errorf("marks %q", got)
	}

	// Pick a facet: the siblings stay.
	b.do("search", chromedp.Navigate(n.base+"/?q=niger"))
	b.until(`document.querySelectorAll(".hits > li").length === 6`)
	b.do("facet", chromedp.Click(`//nav[@class="facets"]//a[.//bdi="dpa"]`, chromedp.BySearch))
	b.until(`location.search.includes("agency=dpa") && document.querySelectorAll(".hits > li").length === 3`)
	if got := b.eval(`[...document.querySelectorAll("[aria-labelledby=facet-agency] a")].map(a => a.textContent.replace(/\s+/g, " ").trim()).join("; ")`); got != "dpa 3 chosen, remove; AFP 1; AP 1; Reuters 1" {
		t.Errorf("agencies %q", got)
	}
	b.do("second value", chromedp.Click(`//nav[@class="facets"]//a[.//bdi="Reuters"]`, chromedp.BySearch))
	b.until(`document.querySelectorAll(".hits > li").length === 4 && document.querySelectorAll(".filters li").length === 2`)
	b.shoot("facets-wide-dark", 1440, 900, "dark")

	// Open an article, go back, go forward.
	b.do("article", chromedp.Click(`//ol[@class="hits"]//a[contains(., "troops from")]`, chromedp.BySearch))
	b.until(`document.querySelector(".pane .paper h1")`)
	if got := b.eval(`document.querySelector(".paper").textContent.replace(/\s+/g, " ")`); !strings.Contains(got, "NIAMEY (dpa) – According to media") || strings.Contains(got, "embassy") {
		t.Errorf("article %q", got)
	}
	if got := b.eval(`document.querySelectorAll(".revisions li").length + " " + document.querySelectorAll(".revisions .same").length`); got != "3 1" {
		t.Errorf("revisions, unchanged ones: %s", got)
	}
	b.shoot("article-wide-light", 1440, 1100, "light")
	b.shoot("article-wide-dark", 1440, 1100, "dark")
	b.shoot("article-middle-light", 900, 1100, "light")
	b.shoot("article-narrow-light", 390, 844, "light")
	b.shoot("article-narrow-dark", 390, 844, "dark")
	b.do("back", emulation.ClearDeviceMetricsOverride(), chromedp.EmulateViewport(1440, 900), chromedp.Evaluate("history.back()", nil))
	b.until(`!document.querySelector(".pane") && document.querySelectorAll(".filters li").length === 2`)
	b.do("forward", chromedp.Evaluate("history.forward()", nil))
	b.until(`document.querySelector(".pane .paper h1")`)
	b.do("an earlier revision", chromedp.Click(`.revisions li:last-child a`, chromedp.ByQuery))
	b.until(`document.querySelector(".old") && document.querySelector(".paper h1").textContent.includes("military personnel")`)
	b.do("close", chromedp.KeyEvent("\x1b"))
	b.until(`!document.querySelector(".pane") && location.search.includes("agency=Reuters")`)
	b.do("remove a filter", chromedp.Click(`.filters li:first-child a`, chromedp.ByQuery))
	b.until(`document.querySelectorAll(".filters li").length === 1`)

	// Keys go through the list.
	b.do("first page", chromedp.Navigate(n.base+"/"))
	b.until(`document.querySelectorAll(".hits > li").length === 20`)
	b.do("keys", chromedp.KeyEvent("jjk"))
	b.until(`document.activeElement === document.querySelector("#hit-1 h2 a")`)
	b.do("next page", chromedp.Click(`a[rel=next]`, chromedp.ByQuery))
	b.until(`location.search.includes("after=") && document.querySelectorAll(".hits > li").length === 2`)
	b.shoot("last-page-wide", 1440, 900, "light")

	// What goes wrong is said.
	b.do("error", chromedp.Navigate(n.base+"/?"+query("q", `niger "press review`)))
	b.until(`document.querySelector(".message code mark")?.textContent === '"'`)
	b.shoot("error-wide", 1440, 900, "light")
	b.do("nothing", chromedp.Navigate(n.base+"/?"+query("q", "niger", "agency", "none such")))
	b.until(`document.querySelector(".message h2")?.textContent === "Nothing found"`)
	b.shoot("empty-narrow", 390, 844, "light")

	// Hostile copy stays text; other scripts run their own way.
	b.do("markup", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(n.base+"/?"+query("q", "markupword", "uri", "urn:copytaster:test:markup")))
	b.until(`document.querySelector(".paper h1")?.textContent.startsWith("<script>alert")`)
	if got := b.eval(`[...document.querySelectorAll(".facts a")].length + " " + document.querySelectorAll("main script, .pane script, main img, svg").length`); got != "0 0" {
		t.Errorf("links to the original, foreign elements: %s", got)
	}
	b.shoot("markup-wide", 1440, 900, "light")
	b.do("right to left", chromedp.Navigate(n.base+"/?"+query("q", "القوات", "uri", "urn:copytaster:test:arabic")))
	b.until(`getComputedStyle(document.querySelector(".paper h1")).direction === "rtl"`)
	b.shoot("arabic-wide", 1440, 900, "light")
	b.do("latest, narrow", chromedp.Navigate(n.base+"/"))
	b.until(`document.querySelectorAll(".hits > li").length === 20`)
	b.shoot("latest-narrow-light", 390, 844, "light")
	b.shoot("latest-narrow-dark", 390, 844, "dark")
	b.do("filters on a small screen", chromedp.Click(`.facets summary`, chromedp.ByQuery))
	b.until(`document.querySelector(".facets details").open`)
	b.shoot("filters-narrow", 390, 844, "light")
}

// TestPageWithoutJavaScript goes the same way with scripts switched off.
func TestPageWithoutJavaScript(t *testing.T) {
	n := open(t)
	n.index(desk()...)
	// Behind a proxy that forbids scripts altogether, the inspector can still
	// evaluate its own.
	target, err := url.Parse(n.base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("Content-Security-Policy", strings.Replace(r.Header.Get("Content-Security-Policy"), "script-src 'self'", "script-src 'none'", 1))
		return nil
	}
	base := serveHandler(t, proxy)
	b := browse(t, base)
	b.do("open", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(base+"/"))
	b.until(`document.querySelectorAll(".hits > li").length === 20`)
	b.do("search", chromedp.SendKeys("#q", "niger"), chromedp.Click(`#search button`, chromedp.ByQuery))
	b.until(`document.querySelectorAll(".hits > li").length === 6`)
	b.do("facet", chromedp.Click(`//nav[@class="facets"]//a[.//bdi="dpa"]`, chromedp.BySearch))
	b.until(`document.querySelectorAll(".hits > li").length === 3`)
	b.do("article", chromedp.Click(`.hits h2 a`, chromedp.ByQuery))
	b.until(`document.querySelector(".pane .paper h1") && location.search.includes("q=niger") && location.search.includes("agency=dpa")`)
	if got := b.eval(`document.querySelector(".facts time").textContent`); !strings.HasSuffix(got, " CET") {
		t.Errorf("without a script, times are those of the service: %q", got)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.faults[:0]
	for _, f := range b.faults {
		if !strings.Contains(f, "page.js") { // which is what was forbidden
			kept = append(kept, f)
		}
	}
	b.faults = kept
}
