package operate

import (
	"strings"
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	now := time.Date(2024, 4, 20, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2024-04-19T06:00:00Z":      time.Date(2024, 4, 19, 6, 0, 0, 0, time.UTC),
		"2024-04-19T06:00:00+02:00": time.Date(2024, 4, 19, 4, 0, 0, 0, time.UTC),
		"2024-04-19":                time.Date(2024, 4, 19, 0, 0, 0, 0, time.UTC),
		"90m":                       now.Add(-90 * time.Minute),
		"0s":                        now,
		"7d":                        now.AddDate(0, 0, -7),
		"0d":                        now,
	} {
		if got, ok := parseMoment(in, now); !ok || !got.Equal(want) {
			t.Errorf("%s is %v %v, want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "d", "-1d", "+1d", "-5m", "7", "yesterday", "100001d", "99999999999999999999d", "2024-13-01", "1.5d"} {
		if got, ok := parseMoment(in, now); ok {
			t.Errorf("%q is %v", in, got)
		}
	}
}

func TestFrom(t *testing.T) {
	for in, ok := range map[string]bool{
		"beginning": true, "end": true, "3@120": true, "1h": true, "2024-04-20": true,
		"": false, "start": false, "3@": false, "@3": false, "x/3@1": false, "3@1@2": false,
	} {
		var f from
		if err := f.UnmarshalText([]byte(in)); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
	var f from
	if err := f.UnmarshalText([]byte("3@120")); err != nil || f.partition != 3 || f.offset != 120 || !f.atOffset {
		t.Errorf("%+v %v", f, err)
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 1500 * time.Microsecond: "2ms", 12345 * time.Millisecond: "12.3s", 61 * time.Second: "1m01s",
		90 * time.Minute: "1h30m", 49 * time.Hour: "2d01h", -time.Minute: "-1m00s",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
	if count(1, "letter") != "1 letter" || count(2000, "letter") != "2,000 letters" {
		t.Error(count(1, "letter"), count(2000, "letter"))
	}
	if got := cutText(strings.Repeat("é", 200)); len(got) > shownText+len("…") || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("cut to %q", got)
	}
}

func TestReasonsThatDifferOnlyInDetailAreOne(t *testing.T) {
	for _, c := range [][2]string{
		{"message articles.received/3@120: ce_type is \"x\"", "message articles.received/4@7: ce_type is \"long \\\" one\""},
		{"article urn:a:1: field 3 is wrong", "article urn:a:1: field 12 is wrong"},
		{"text: binary: a NUL byte: no text (line 1, byte 0)", "text: binary: a NUL byte: no text (line 7, byte 99)"},
	} {
		if a, b := general(c[0], "urn:a:1"), general(c[1], "urn:a:1"); a != b {
			t.Errorf("%q and %q", a, b)
		}
	}
	if general("no such index", "") == general("mapping conflict", "") {
		t.Error("two reasons are one")
	}
	if got := general("article urn:a:1 is bad", "urn:a:1"); got != "article … is bad" {
		t.Error(got)
	}
}
