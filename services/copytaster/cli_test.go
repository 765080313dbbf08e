package copytaster

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/pkg/localtest"
	"github.com/copytaster/copytaster/pkg/topic"
	"github.com/copytaster/copytaster/services/copytaster/demo"
)

func run(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), args, Terminal{In: strings.NewReader(in), Out: &o, Err: &e})
	return code, o.String(), e.String()
}

func TestReadPrintsWhatTheSchemaSays(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(article.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("article.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("article.json")
	if err != nil {
		t.Fatal(err)
	}
	items, err := demo.Items()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, it := range items {
		code, out, errs := run(t, string(it.Bytes), "read", "--source", it.Source, "--url", "https://desk.example/"+it.Name)
		if code != 0 {
			t.Errorf("%s: exit code %d: %s", it.Name, code, errs)
		}
		for line := range strings.Lines(out) {
			lines++
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
			if err != nil {
				t.Fatalf("%s: %v", it.Name, err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s: %v", it.Name, err)
			}
			if strings.Contains(line, `"kind":"unknown"`) {
				t.Errorf("%s: a segment is still unknown: %s", it.Name, line)
			}
		}
	}
	if lines != 11 {
		t.Errorf("%d articles, want 11", lines)
	}
}

// TestReadCountsWhatItCanNotRead: of what could not be converted the number is told.
func TestReadCountsWhatItCanNotRead(t *testing.T) {
	for in, want := range map[string]string{
		"\xef\xbb\xbfFerry runs again\n\nThe ferry \xff from \xfe Skarra runs again after a year of repairs.\n":                                     `"replaced":2`,
		`<nitf><head><docdata><doc-id id-string="1"/></docdata></head><body><body.content><p>Caf` + "\uFFFD" + `.</p></body.content></body></nitf>`: `"replaced":1`,
		"Ferry runs again\n\nThe ferry from Skarra runs again after a year of repairs.\n":                                                           "",
	} {
		code, out, errs := run(t, in, "read")
		if code != 0 || want != "" && !strings.Contains(out, want) || (want != "") != strings.Contains(out, article.FlagCharsetReplaced) || want == "" && strings.Contains(out, `"replaced"`) {
			t.Errorf("%q: exit code %d, %s %s", in, code, out, errs)
		}
		if code, out, errs = run(t, in, "read", "--pretty"); code != 0 || (want != "") != strings.Contains(out, "unreadable characters") {
			t.Errorf("%q: exit code %d, %s %s", in, code, out, errs)
		}
	}
}

func TestReadGoesOnAfterABrokenFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	broken := file("broken.bin", "\x00\x01\x02\x00\xff")
	good := file("good.txt", "Bridge closed\n\nThe bridge over the Lenn was closed on Wednesday.\n")
	code, out, errs := run(t, "", "read", broken, filepath.Join(dir, "missing.txt"), good)
	if code != 1 || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"headline":"Bridge closed"`) {
		t.Errorf("exit code %d, output %s", code, out)
	}
	for _, want := range []string{broken + ": ", "missing.txt: no such file"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in %s", want, errs)
		}
	}
}

// TestReadAs prints what is read in the formats that articles go out in.
func TestReadAs(t *testing.T) {
	const item = `{"uri":"urn:x:1","version":"2","pubstatus":"usable","headlines":[{"value":"Lighthouse lit"}],"bodies":[{"value":"It is lit."}]}`
	for name, want := range map[string]string{
		"ninjs": `{"uri":"urn:copytaster:wire:urn:x:1","type":"text","version":"2",`, "newsmlg2": `guid="urn:copytaster:wire:urn:x:1" version="2"`, "nitf": "<hl1>Lighthouse lit</hl1>",
		"atom": `<title type="html">Lighthouse lit</title>`, "jsonfeed": `"title":"Lighthouse lit"`, "text": "Lighthouse lit\n\nIt is lit.\n",
	} {
		if code, out, errs := run(t, item, "read", "--source", "wire", "--as", name); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, %s%s", name, code, out, errs)
		}
	}
	code, out, errs := run(t, strings.Replace(item, "usable", "withheld", 1), "read", "--source", "wire", "--as", "atom")
	if code != 1 || out != "" || !strings.Contains(errs, "urn:copytaster:wire:urn:x:1: atom can't say that an article is withheld; these can: ninjs, newsmlg2, nitf") {
		t.Errorf("what a feed can't say: exit code %d, %s%s", code, out, errs)
	}
}

func TestWrongUseIsToldClearly(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"raed"}, 2, `unexpected argument raed, did you mean "read"?`},
		{[]string{"read", "--published-at", "yesterday"}, 2, `"yesterday" is not a time like 2024-04-20T06:00:00Z`},
		{[]string{"read", "--as", "rss"}, 2, `there is no such format; there are ninjs, newsmlg2, nitf, atom, jsonfeed, text`},
		{[]string{"read", "--as", "ninjs", "--pretty"}, 2, "can't both be"},
		{[]string{"read", "--format", "sportsml"}, 1, `there is no format "sportsml"; known are `},
		{[]string{"run", "--only", "ingest,enrihc"}, 1, `there is no service "enrihc"; there are ingest, enrich, index, release, search`},
		{[]string{"run", "--listen", "nowhere"}, 1, "setting listen (COPYTASTER_LISTEN)"},
		{[]string{"up", "--kafka-port", "99999", "--dir", t.TempDir()}, 1, "port 99999 for Kafka is not between 0 and 65535"},
	} {
		code, _, errs := run(t, "some text", c.args...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit code %d, want %d, with %q in:\n%s", c.args, code, c.code, c.want, errs)
		}
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	code, out, _ := run(t, "", "--help")
	for _, want := range []string{"run", "up", "read", "demo", "topics", "lag", "tail", "trace", "dead", "replay", "completion"} {
		if code != 0 || !strings.Contains(out, "\n  "+want+" ") {
			t.Errorf("exit code %d, no %q in:\n%s", code, want, out)
		}
		if code, sub, _ := run(t, "", want, "--help"); code != 0 || !strings.Contains(sub, "Usage: copytaster "+want) {
			t.Errorf("%s --help: exit code %d:\n%s", want, code, sub)
		}
	}
}

func TestUpRunsACommandBesideServersThatRunElsewhere(t *testing.T) {
	t.Setenv("COPYTASTER_KAFKA_BROKERS", strings.Join(localtest.Kafka(t), ","))
	t.Setenv("COPYTASTER_ELASTICSEARCH_URL", localtest.Elasticsearch(t))
	code, out, errs := run(t, "", "up", "--", "sh", "-c", `echo "$COPYTASTER_KAFKA_BROKERS $COPYTASTER_ELASTICSEARCH_URL"; exit 7`)
	if want := localtest.Kafka(t)[0]; code != 7 || !strings.Contains(out, want) || !strings.Contains(out, localtest.Elasticsearch(t)) {
		t.Errorf("exit code %d, output %q, want 7 and %s\n%s", code, out, want, errs)
	}
}

func TestUpEndsItsCommandWhenItIsStopped(t *testing.T) {
	t.Setenv("COPYTASTER_KAFKA_BROKERS", strings.Join(localtest.Kafka(t), ","))
	t.Setenv("COPYTASTER_ELASTICSEARCH_URL", localtest.Elasticsearch(t))
	ctx, cancel := context.WithCancel(t.Context())
	started := filepath.Join(t.TempDir(), "started")
	code := make(chan int, 1)
	var out, errs bytes.Buffer
	go func() {
		code <- execute(ctx, []string{"up", "--", "sh", "-c", "trap 'exit 0' TERM; : >" + started + "; while :; do sleep 0.05; done"}, Terminal{Out: &out, Err: &errs})
	}()
	for deadline := time.Now().Add(waitLimit); ; {
		if _, err := os.Stat(started); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the command did not start")
		}
		<-time.After(5 * time.Millisecond)
	}
	cancel()
	select {
	case <-code:
	case <-time.After(waitLimit):
		t.Fatal("the command goes on")
	}
}

func TestDemoFindsEverythingItFeeds(t *testing.T) {
	brokers, elasticsearch := localtest.Kafka(t), localtest.Elasticsearch(t)
	t.Setenv("COPYTASTER_KAFKA_BROKERS", strings.Join(brokers, ","))
	t.Setenv("COPYTASTER_ELASTICSEARCH_URL", elasticsearch)
	code, _, errs := run(t, "", "demo", "--once", "--listen", "127.0.0.1:0")
	if code != 0 || !strings.Contains(errs, "11 of 11 articles were found by search") {
		t.Errorf("exit code %d:\n%s", code, errs)
	}
}

// Texts that kong does not see, and lists that it does not put in, are there in the end.
func TestTextsOfTheCommandLineAreWhole(t *testing.T) {
	code, out, errs := run(t, "", "lag", "--help")
	for _, want := range []string{"Only these: " + strings.Join(topic.GroupNames(), ", "), "How often --watch looks.", "--every=2s", "COPYTASTER_KAFKA_BROKERS"} {
		if code != 0 || !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("lag --help: %d, no %q in %s%s", code, want, out, errs)
		}
	}
	code, out, errs = run(t, "", "run", "--help")
	for _, want := range []string{"Run only these: " + strings.Join(serviceNames(), ","), "Least severe messages to log: trace,debug,info,warn,error"} {
		if code != 0 || !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("run --help: %d, no %q in %s%s", code, want, out, errs)
		}
	}
	if code, _, errs := run(t, "", "run", "--log-format=loud"); code != boot.ExitUsage || !strings.Contains(errs, `must be one of "auto","json","console"`) {
		t.Errorf("a value that is not allowed: %d %s", code, errs)
	}
	if code, out, errs := run(t, "", "--version"); code != 0 || out != boot.Version()+"\n" {
		t.Errorf("--version: %d %q%s", code, out, errs)
	}
}
