package habit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/services/ingest/format/habit"
)

func when(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// TestEmbargo: a full date sets the end, everything else that states an
// embargo has none.
func TestEmbargo(t *testing.T) {
	for _, c := range []struct {
		agency, line string
		heading      bool
		stated       bool
		until        string
	}{
		{"", "EMBARGOED UNTIL 0001 GMT", false, true, ""},
		{"", "EMBARGOED UNTIL 0001 GMT NOV 25 2026", false, true, "2026-11-25T00:01:00Z"},
		{"", "EMBARGOED UNTIL 0001 GMT, Wednesday 25 November 2026 - CHECK AGAINST DELIVERY", false, true, "2026-11-25T00:01:00Z"},
		{"", "(EMBARGOED until 6 p.m. EST, Nov. 25, 2026)", false, true, "2026-11-25T23:00:00Z"},
		{"", "Eds: Hold for release until 12:01 a.m. EDT, June 3, 2026.", false, true, "2026-06-03T04:01:00Z"},
		{"", "EMBARGO: 2026-11-25T10:00:00+01:00", false, true, "2026-11-25T09:00:00Z"},
		{"", "EMBARGO: 25/11/2026 10:00 GMT", false, true, ""},
		{"", "EMBARGOED UNTIL 18:00 NOV 25 2026", false, true, ""},
		{"", "EMBARGOED UNTIL 18:00 GMT NOV 25 2026 ONLINE, 23:00 GMT NOV 24 2026 IN PRINT", false, true, ""},
		{"", "EMBARGOED UNTIL DELIVERY", false, true, ""},
		{"", "EMBARGOED UNTIL 25 NOV 2026 GMT", false, true, ""},
		{"", "EMBARGOED UNTIL 18:00 IN PRINT, 17:00 ONLINE, GMT, 25 NOV 2026", false, true, ""},
		{"", "Embargoed until the speech begins", false, true, ""},
		{"", "*** EMBARGO ***", false, true, ""},
		{"", "EMBARGOED UNTIL 0001 IST 25 NOV 2026", false, true, ""},
		{"", "EMBARGOED UNTIL 0001 GMT 31 JUNE 2026", false, true, ""},
		{"", "EMBARGOED UNTIL 24:00 GMT 24 NOV 2026", false, true, "2026-11-25T00:00:00Z"},
		{"dpa", "Sperrfrist: 25. November 2026, 18.00 Uhr", false, true, "2026-11-25T17:00:00Z"},
		{"dpa", "(Achtung Redaktionen: Sperrfrist 25.11.2026, 18.00 Uhr)", false, true, "2026-11-25T17:00:00Z"},
		{"dpa", "SPERRFRIST 25. Juli 2026, 6.00 Uhr", false, true, "2026-07-25T04:00:00Z"},
		{"dpa", "Sperrfrist: Redebeginn", false, true, ""},
		{"", "Sperrfrist: 25. November 2026, 18.00 Uhr", false, true, ""},
		{"AFP", "SOUS EMBARGO jusqu'au 25 novembre 2026 à 18h00 GMT", false, true, "2026-11-25T18:00:00Z"},
		{"EFE", "EMBARGADO HASTA las 18.00 GMT del 25 de noviembre de 2026", false, true, "2026-11-25T18:00:00Z"},
		{"ANSA", "EMBARGO FINO ALLE 18.00 DEL 25 NOVEMBRE 2026", false, true, "2026-11-25T17:00:00Z"},
		{"TT", "EMBARGO TILL 25 november 2026 kl 06.00", false, true, "2026-11-25T05:00:00Z"},
		{"NTB", "Sperrefrist: 25. november 2026 kl. 06.00", false, true, "2026-11-25T05:00:00Z"},
		{"Ritzau", "KLAUSULERET TIL den 25. november 2026 kl. 06.00", false, true, "2026-11-25T05:00:00Z"},
		{"PA", "EMBARGOED TO 0001 WEDNESDAY NOVEMBER 25 2026", false, true, "2026-11-25T00:01:00Z"},
		{"", "EMBARGOED UNTIL 0001 WEDNESDAY NOVEMBER 25 2026", false, true, ""},
		{"PA", "EMBARGOED TO 0001 GMT WEDNESDAY NOVEMBER 25 2026", false, true, "2026-11-25T00:01:00Z"},
		{"AAP", "EMBARGO TO 5am AEDT November 25 2026", false, true, "2026-11-24T18:00:00Z"},
		{"Reuters", "EMBARGOED UNTIL 0900 GMT, NOV 25, 2026", true, true, "2026-11-25T09:00:00Z"},
		// An hour that is repeated when clocks are set back is the later one.
		{"dpa", "Sperrfrist: 25.10.2026, 2.30 Uhr", false, true, "2026-10-25T01:30:00Z"},
		{"dpa", "Sperrfrist: 29.3.2026, 2.30 Uhr", false, true, ""},
		// Reports about embargoes.
		{"", "Embargo on Skarran oil lifted", true, false, ""},
		{"", "EMBARGO LIFTED ON SKARRA", true, false, ""},
		{"", "EMBARGO TO END IN MAY, MINISTER SAYS", true, false, ""},
		{"", "Under embargo since 1962, the island trades little.", false, false, ""},
		{"", "Embargoed goods worth 3 million were seized in the harbour of Lund on Monday.", false, false, ""},
		{"", "Sperrfrist gebrochen: Verlag zahlt 2000 Kronen", true, false, ""},
		{"", "Sperrfrist: Was Leser wissen müssen", true, false, ""},
		{"", "The embargo ends at 0001 GMT on 25 November 2026, the ministry said.", false, false, ""},
		{"", "Frei ab 18 Jahren ist der Film nicht", false, false, ""},
		{"", "Not for release yet, the prisoners wait.", false, false, ""},
	} {
		a, _ := habit.Find(c.agency)
		m := a.Read([]habit.Line{{Text: c.line, Heading: c.heading}})
		want := time.Time{}
		if c.until != "" {
			want = when(c.until)
		}
		if m.Embargo != c.stated || !m.Until.Equal(want) {
			t.Errorf("%s %q: stated %v until %v, want %v until %q", c.agency, c.line, m.Embargo, m.Until, c.stated, c.until)
		}
	}
}

// TestSeveralEmbargoes: the later one counts, and one that can't be told
// before all others.
func TestSeveralEmbargoes(t *testing.T) {
	early, late, unknown := "EMBARGO: 2026-11-25T10:00:00Z", "EMBARGO: 2026-11-26T10:00:00Z", "EMBARGOED UNTIL DELIVERY"
	for _, c := range []struct {
		lines []string
		until string
	}{
		{[]string{early, late}, "2026-11-26T10:00:00Z"},
		{[]string{late, early}, "2026-11-26T10:00:00Z"},
		{[]string{early, unknown}, ""},
		{[]string{unknown, early, late}, ""},
	} {
		var top []habit.Line
		for _, l := range c.lines {
			top = append(top, habit.Line{Text: l})
		}
		m := habit.Agency{}.Read(top)
		if !m.Embargo || m.Until.IsZero() != (c.until == "") || c.until != "" && !m.Until.Equal(when(c.until)) {
			t.Errorf("%q: until %v, want %q", c.lines, m.Until, c.until)
		}
	}
}

func TestNotices(t *testing.T) {
	for _, c := range []struct {
		line       string
		field      bool
		kill, hold bool
		correction bool
		advisory   bool
	}{
		{"KILL KILL KILL ''''' =", false, true, false, false, false},
		{"HOLD HOLD HOLD", false, false, true, false, false},
		{"BULLETIN KILL", false, true, false, false, false},
		{"Kill", true, true, false, false, false},
		{"A KILL IS MANDATORY.", false, true, false, false, false},
		{"ANNULLIERUNG", false, true, false, false, false},
		{"- ANNULATION -", false, true, false, false, false},
		{"ANULACIÓN", false, true, false, false, false},
		{"ANNULLAMENTO", false, true, false, false, false},
		{"MAKULERAS", false, true, false, false, false},
		{"UDGÅR", false, true, false, false, false},
		{"STORY WITHDRAWN", false, true, false, false, false},
		{"KORREKTUR", false, false, false, true, false},
		{"KORREKTUR: Hafen öffnet am Dienstag", false, false, false, true, false},
		{"CORRECTED-Harbour opens on Tuesday", false, false, false, true, false},
		{"ADVISORY", false, false, false, false, true},
		{"News Coverage Advisory", false, false, false, false, true},
		{"ADVISORY-Plans for Tuesday", false, false, false, false, true},
		// Reports about it.
		{"KILL BILL 3 ANNOUNCED", false, false, false, false, false},
		{"Kill", false, false, false, false, false},
		{"Police kill item thief", false, false, false, false, false},
		{"SEVEN KILLED IN STORM", false, false, false, false, false},
		{"Advisory board resigns", false, false, false, false, false},
		{"CORRECTION OF MARKETS EXPECTED", false, false, false, false, false},
		{"HOLD THE LINE SINGS AGAIN", false, false, false, false, false},
		{"Corrected vision for all", false, false, false, false, false},
	} {
		m := habit.Agency{}.Read([]habit.Line{{Text: c.line, Field: c.field}})
		if m.Kill != c.kill || m.Hold != c.hold || m.Correction != c.correction || m.Advisory != c.advisory {
			t.Errorf("%q: %+v", c.line, m)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		text string
		want []habit.Target
	}{
		{`Please kill item dpa 157 "U.S. launches 99 rockets". The launch was called off.`, []habit.Target{{Agency: "dpa", Number: 157}}},
		{"Please hold item dpa 0123 \"Queen\nends visit\". There is some doubt.", []habit.Target{{Agency: "dpa", Number: 123}}},
		{"Bitte ziehen Sie die Meldung bdt0157 zurück. Ersatz folgt.", []habit.Target{{Agency: "bdt", Number: 157}}},
		{"Die Meldung dpa 0157 vom 23. November wird zurückgezogen.", []habit.Target{{Agency: "dpa", Number: 157, Dated: true}}},
		{"Please kill items dpa 157 and dpa 160.", []habit.Target{{Agency: "dpa", Number: 157}, {Agency: "dpa", Number: 160}}},
		{"Please kill story V9991.", []habit.Target{{Agency: "v", Number: 9991}}},
		{"Please kill the story. It named 12 people in room dpa 14.", nil},
		{"Police kill 157 rats. Item 12 was stolen.", nil},
		{"Please kill the story about the harbour.", nil},
	} {
		var m habit.Marks
		m = m.Find(c.text)
		ok := len(m.Targets) == len(c.want)
		for i := range min(len(m.Targets), len(c.want)) {
			ok = ok && m.Targets[i] == c.want[i]
		}
		if !ok {
			t.Errorf("%q: %+v, want %+v", c.text, m.Targets, c.want)
		}
	}
}

// TestLongNotice: only its beginning is read, however long it is.
func TestLongNotice(t *testing.T) {
	var m habit.Marks
	m = m.Find("Please kill item dpa 1" + strings.Repeat(" word", 2_000) + " and item dpa 2" + strings.Repeat(" word", 500_000))
	if len(m.Targets) != 1 {
		t.Errorf("%+v", m.Targets)
	}
}

func TestTooManyTargets(t *testing.T) {
	var b strings.Builder
	for i := range 25 {
		b.WriteString(" and dpa 1" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
	}
	var m habit.Marks
	if m = m.Find("Please kill" + b.String()); len(m.Targets) != 0 {
		t.Errorf("%d targets", len(m.Targets))
	}
}

// TestAgencies: every agency is found by all its names, and each name is one's
// alone; every zone exists.
func TestAgencies(t *testing.T) {
	seen := map[string]string{}
	for _, a := range habit.Agencies() {
		for _, n := range append(append([]string{strings.ToLower(a.Name)}, a.Names...), a.Services...) {
			if n != strings.ToLower(n) {
				t.Errorf("%s: %q is not in lower case", a.Name, n)
			}
			if o := seen[n]; o != "" && o != a.Name {
				t.Errorf("%q is %s and %s", n, o, a.Name)
			}
			seen[n] = a.Name
			if f, ok := habit.Find(n); !ok || f.Name != a.Name {
				t.Errorf("%q is not found as %s", n, a.Name)
			}
		}
		if _, ok := a.Location(); a.Zone != "" && !ok {
			t.Errorf("%s: zone %s is not known", a.Name, a.Zone)
		}
		for _, w := range append(append(append([]string{}, a.Words.Kill...), a.Words.Embargo...), a.Words.Private...) {
			if w != strings.ToUpper(w) {
				t.Errorf("%s: %q is not in capitals", a.Name, w)
			}
		}
	}
	if len(seen) < 22 {
		t.Errorf("%d names", len(seen))
	}
}
