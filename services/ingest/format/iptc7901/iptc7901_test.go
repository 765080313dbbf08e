package iptc7901_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
	"github.com/copytaster/copytaster/services/ingest/format/iptc7901"
	"github.com/copytaster/copytaster/services/ingest/format/telegraph"
)

var received = time.Date(2024, 4, 22, 22, 0, 0, 0, time.UTC)

func hint() document.Hint { return document.Hint{Source: "wire", ReceivedAt: received} }

func message(header, text, trailer string) string {
	return "\x01" + header + "\r\n\x02" + strings.ReplaceAll(text, "\n", "\r\n") + "\x03" + trailer + "\x04"
}

func one(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, data string,
) article.Article {
	t.Helper()
	as, err := format.Decode(context.Background(), []byte(data), hint(), "")
	if err != nil || len(as) != 1 {
		t.Fatalf("%q: %d articles, error %v", data, len(as), err)
	}
	if as[0].Original.Format != iptc7901.Name {
		t.Fatalf("%q was recognised as %s", data, as[0].Original.Format)
	}
	return as[0]
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		data string
		want bool
	}{
		{"\x01bdt0157 3 pl 93  dpa 1888\r\nKey/\r\n\x02text", true},
		{"\x16\x16\r\nZCZC ABC\r\n\x01\r\nabc157 3 pl 93\r\n\x02text", true},
		{"\x01bdt 0157 3 pl\r\n\x02", true},
		{"\x01bdt0157 3 pl 93\x02text\x03", true},
		{"\x01w4711\x1fbc---\r\nr a BC-X 04-22 0010\r\n\x02", false},
		{"bdt0157 3 pl 93  dpa 1888\r\n\x02text", true}, // its SOH is lost
		{"ZCZC bdt0157 3 pl 93  dpa 1888\r\nKey/\r\n\r\ntext\r\nNNNN", true},
		{"bdt0157 3 pl 93  dpa 1888\r\n\r\ntext", false},
		{"Apollo 13 3 days before launch\n\ntext", false},
		{"ZCZC0123/SXA\r\nXEF12345_SXA_QBXB\r\nR ECO S0A QBXB\r\nTITOLO\r\n", true},
		{"ZCZC0123/SXA\r\nTITOLO\r\n", false},
		{"\x01a letter begins", false},
		{"\x01", false},
		{"", false},
	} {
		if got := iptc7901.Detect([]byte(c.data)); got != c.want {
			t.Errorf("%q: %v", c.data, got)
		}
	}
}

func TestRefused(t *testing.T) {
	const head = "bdt0157 3 pl 93  dpa 1888"
	for _, c := range []struct {
		name, data string
		want       document.Reason
		says       string
	}{
		{"no SOH", "abc", document.Syntax, "outside of a message"},
		{"no STX", "\x01" + head + "\r\n\x03\x04", document.Syntax, "no STX"},
		{"breaks off", "\x01" + head + "\r\n\x02text", document.Syntax, "breaks off"},
		{"header", message("Dear reader, all is well", "text", ""), document.Syntax, "Dear reader"},
		{"no priority", message("bdt0157 pl 93", "text", ""), document.Syntax, "has not the form"},
		{"no text", message(head, "\n \n", ""), document.Empty, "bdt0157"},
		{"header too long", message(head+strings.Repeat("x", telegraph.MaxHeader), "text", ""), document.TooLarge, "4096"},
		{"line too long", message(head, strings.Repeat("x ", telegraph.MaxLine), ""), document.TooLarge, "65536"},
		{"too many paragraphs", message(head, strings.Repeat("x\n\n", telegraph.MaxParagraphs+2), ""), document.TooMany, "20000"},
		{"message too large", message(head, strings.Repeat("word\n", document.MaxSingle/5), ""), document.TooLarge, "3145728"},
		{"too many messages", strings.Repeat(message(head, "x", ""), document.MaxItems+1), document.TooMany, "5000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := format.Decode(context.Background(), []byte(c.data), hint(), "iptc7901")
			e, ok := errors.AsType[*document.Error](err)
			if !ok || e.Reason != c.want || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %s saying %q", err, c.want, c.says)
			}
		})
	}
}

// TestBrokenMessage costs the others nothing.
func TestBrokenMessage(t *testing.T) {
	data := message("abc0001 4 pl 1", "One =\n\nText.\n", "220100 Apr 24") + "\x01abc0002 4 pl 1\r\n\x02cut off" + message("abc0003 4 pl 1", "Three =\n\nText.\n", "220102 Apr 24")
	as, err := format.Decode(context.Background(), []byte(data), hint(), "")
	if len(as) != 2 || err == nil || !strings.Contains(err.Error(), "another message begins") {
		t.Errorf("%d articles, error %v", len(as), err)
	}
}

// TestIdentity: number and day, the agency's number before the service's.
func TestIdentity(t *testing.T) {
	const text = "Headline =\n\nSome text.\n"
	for _, c := range []struct{ header, trailer, want string }{
		{"abc157 3 pl 93", "221805 Apr 24", "urn:copytaster:wire:abc:0157:2024-04-22"},
		{"abc0157 3 pl 93", "221805 GMT Apr 2024", "urn:copytaster:wire:abc:0157:2024-04-22"},
		{"bdt0157 3 pl 93  dpa 1888", "221805 Apr 24", "urn:copytaster:wire:dpa:1888:2024-04-22"},
		{"eca0157 3 pl 93  dpa 1888", "221805 Apr 24", "urn:copytaster:wire:dpa:1888:2024-04-22"},
		{"abc0157 3 pl 93", "221805 Apr 25", "urn:copytaster:wire:abc:0157:2025-04-22"},
		{"abc0157 3 pl 93", "221805", "urn:copytaster:wire:abc:0157:2024-04-22"},
		{"abc0157 3 pl 93", "100000 Apr", "urn:copytaster:wire:abc:0157:2024-04-10"},
		{"KNA014 4 pl 171 vvvvb KNA 170123-89-00065#2", "", "urn:copytaster:wire:kna:170123-89-00065"},
		// The day is that of the zone it is stated in.
		{"bdt0157 3 pl 93  dpa 1888", "230030 Apr 24", "urn:copytaster:wire:dpa:1888:2024-04-23"},
	} {
		if a := one(t, message(c.header, text, c.trailer)); string(a.URI) != c.want {
			t.Errorf("%s %s: %s, want %s", c.header, c.trailer, a.URI, c.want)
		}
	}
	// Where no day can be told the text is the name.
	for _, trailer := range []string{"", "010000 Jan", "329999", "abc"} {
		a := one(t, message("abc0157 3 pl 93", text, trailer))
		if !strings.Contains(string(a.URI), ":text:") || !strings.Contains(strings.Join(a.Flags, " "), article.FlagIdentityFromText) {
			t.Errorf("%q: %s %v", trailer, a.URI, a.Flags)
		}
	}
}

// TestNotices: a kill or hold goes to the one that it names, and to none where
// that can't be told.
func TestNotices(t *testing.T) {
	for _, c := range []struct {
		name, header, text, trailer string
		uris                        []string
		status                      article.Status
	}{
		{"kill", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill item dpa 456 \"x\".\n", "222120 GMT Apr 24", []string{"dpa:0456:2024-04-22"}, article.Canceled},
		{"kill of two", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill items dpa 456 and dpa 457.\n", "222120 GMT Apr 24", []string{"dpa:0456:2024-04-22", "dpa:0457:2024-04-22"}, article.Canceled},
		{"hold", "eca0190 2 i 20  dpa 0460", "HOLD HOLD HOLD =\nPlease hold item dpa 456.\n", "222120 GMT Apr 24", []string{"dpa:0456:2024-04-22"}, article.Withheld},
		{"kill by the service's number", "abc0190 2 i 20", "KILL\n=\nPlease kill item abc0156.\n", "222120 GMT Apr 24", []string{"abc:0156:2024-04-22"}, article.Canceled},
		{"German kill", "bdt0190 2 i 20  dpa 0460", "ANNULLIERUNG =\nBitte die Meldung dpa 0456 nicht verwenden.\n", "222120 Apr 24", []string{"dpa:0456:2024-04-22"}, article.Canceled},
		{"a number to come", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill item dpa 461.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"another agency's", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill item ap 456.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"another day's", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill item dpa 456 of Sunday.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"the service's number where the agency has its own", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill item eca0156.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"no number", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill the story.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"one known, one not", "eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill items dpa 456 and dpa 999.\n", "222120 GMT Apr 24", []string{"dpa:0456:2024-04-22", "dpa:0460:2024-04-22"}, ""},
		{"an order without its line", "eca0190 2 i 20  dpa 0460", "Agency errs =\nPlease kill item dpa 456.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"a report about it", "eca0190 2 i 20  dpa 0460", "Police kill KILL BILL thief =\nHe wanted to kill item dpa 456.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"both", "eca0190 2 i 20  dpa 0460", "KILL HOLD =\nPlease kill or hold item dpa 456.\n", "222120 GMT Apr 24", []string{"dpa:0460:2024-04-22"}, article.Usable},
		{"both, line by line", "eca0190 2 i 20  dpa 0460", "KILL\nHOLD =\nPlease kill or hold item dpa 456.\n", "222120 GMT Apr 24", []string{"dpa:0456:2024-04-22"}, article.Withheld},
	} {
		as, err := format.Decode(context.Background(), []byte(message(c.header, c.text, c.trailer)), hint(), "")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var uris []string
		for _, a := range as {
			uris = append(uris, strings.TrimPrefix(string(a.URI), "urn:copytaster:wire:"))
			if c.status != "" && a.Status != c.status {
				t.Errorf("%s: %s is %s, want %s", c.name, a.URI, a.Status, c.status)
			}
			if a.Body() != "" && a.Status != article.Usable {
				t.Errorf("%s: readers would see %q", c.name, a.Body())
			}
		}
		if strings.Join(uris, " ") != strings.Join(c.uris, " ") {
			t.Errorf("%s: %s, want %s", c.name, uris, c.uris)
		}
	}
}

// TestKillIsNewer than what it kills, whatever the version was called.
func TestKillIsNewer(t *testing.T) {
	a := one(t, message("eca0156 2 i 20  dpa 0456", "Headline =\n\nText.\n", "222100 GMT Apr 24"))
	k := one(t, message("eca0190 2 i 20  dpa 0460", "KILL KILL KILL =\nPlease kill item dpa 456.\n", "222120 GMT Apr 24"))
	if a.URI != k.URI || k.Revision <= a.Revision {
		t.Errorf("%s %d, %s %d", a.URI, a.Revision, k.URI, k.Revision)
	}
}

type made struct {
	Service, Category, Headline string
	Number, Priority            int
	Keywords, Paragraphs        []string
	Sent                        time.Time
}

var word = rapid.StringMatching(`[a-zäößéñ]{1,9}`)

func words(t *rapid.T, label string, least int) string {
	return strings.Join(rapid.SliceOfN(word, least, 14).Draw(t, label), " ")
}

// wrap breaks a text into lines as a teleprinter does.
func wrap(s string) string {
	var b strings.Builder
	n := 0
	for w := range strings.FieldsSeq(s) {
		if n > 0 && n+len(w) > 68 {
			b.WriteString("\r\n")
			n = 0
		} else if n > 0 {
			b.WriteString(" ")
		}
		b.WriteString(w)
		n += len(w) + 1
	}
	return b.String()
}

// TestProperty: what is written is what is read.
func TestProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := made{
			Service: rapid.StringMatching(`[b-z][a-z]{2}`).Draw(t, "service"), Category: rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "category"),
			Headline: "Zz" + words(t, "headline", 1), Number: rapid.IntRange(1, 9999).Draw(t, "number"), Priority: rapid.IntRange(1, 9).Draw(t, "priority"),
			Keywords: rapid.SliceOfN(word, 0, 4).Draw(t, "keywords"),
			Sent:     time.Unix(rapid.Int64Range(1_000_000_000, received.Unix()).Draw(t, "sent")/60*60, 0).UTC(),
		}
		for range rapid.IntRange(1, 5).Draw(t, "paragraphs") {
			m.Paragraphs = append(m.Paragraphs, "Pp"+words(t, "paragraph", 4)+" end.")
		}
		var b strings.Builder
		fmt.Fprintf(&b, "\x16\x01%s%04d %d %s 17\r\n%s\r\n\x02%s =\r\n", m.Service, m.Number, m.Priority, m.Category, strings.Join(m.Keywords, "/"), wrap(m.Headline))
		for _, p := range m.Paragraphs {
			b.WriteString("\r\n" + wrap(p) + "\r\n")
		}
		fmt.Fprintf(&b, "\x03\r\n%s\r\n\x04\r\n", m.Sent.Format("021504 GMT Jan 06"))
		a := one(t, b.String())
		if want := fmt.Sprintf("urn:copytaster:wire:%s:%04d:%s", m.Service, m.Number, m.Sent.Format("2006-01-02")); string(a.URI) != want {
			t.Fatalf("%s, want %s", a.URI, want)
		}
		if a.First(article.Headline) != m.Headline || a.Body() != strings.Join(m.Paragraphs, "\n\n") {
			t.Fatalf("%q\n%q\nof %q", a.First(article.Headline), a.Body(), b.String())
		}
		if a.Urgency != m.Priority || !a.VersionCreated.Equal(m.Sent) || len(a.Subjects) != 1+len(m.Keywords) || string(a.Original.Bytes) != b.String() {
			t.Fatalf("%d %s %v of %q", a.Urgency, a.VersionCreated, a.Subjects, b.String())
		}
	})
}

// TestNothingIsLost: every word of a text is in the article's, in its order.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zA-Z.:;()#*"0-9-]{1,8}[ \n\t]{1,4}){1,60}`).Draw(t, "text")
		a := one(t, message("abc0001 4 pl 1", text, ""))
		if got, want := strings.Join(strings.Fields(a.Text), " "), strings.Join(strings.Fields(text), " "); got != want {
			t.Fatalf("%q\nwant %q", got, want)
		}
	})
}
