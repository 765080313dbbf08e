// Package wire makes the copy that the faults are tried on: articles with
// revisions and kills, out of order as wires send them, the same for the same
// seed.
package wire

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
)

// Shares of the articles, in percent, and how far a revision is carried from
// its place, in items.
const (
	RevisedPercent = 25
	KilledPercent  = 3
	MaxRevisions   = 4 // of an article, its kill apart
	Window         = 400
)

// Text is a headline and paragraphs to write articles with.
type Text struct {
	Headline string
	Body     string
}

// Wire makes items. It may be used from many goroutines.
type Wire struct {
	seed  uint64
	run   uint16
	texts []Text
	now   time.Time
}

// New makes a wire. Wires of different names have different articles, also of
// one seed. texts are what articles say besides their mark; none: made-up
// sentences. now is what the senders' clocks say.
func New(seed uint64, name string, texts []Text, now time.Time) *Wire {
	h := seed
	for _, b := range []byte(name) {
		h = h*1099511628211 + uint64(b)
	}
	return &Wire{seed: h, run: uint16(h>>32) ^ uint16(h), texts: texts, now: now.UTC().Truncate(time.Second)}
}

// Now is what the senders' clocks say.
func (w *Wire) Now() time.Time { return w.now }

// Item is revision n, from 1, of article number a, as far as the wire decides.
func (w *Wire) Item(a uint32, n int) ledger.Item {
	return ledger.Item{
		Article: fmt.Sprintf("urn:faults:%04x:%d", w.run, a),
		Version: n,
		Created: w.now.Add(-time.Hour + time.Duration(a%3000)*time.Second + time.Duration(n)*time.Second),
		Mark:    ledger.Mark(w.run, a, uint8(n)),
	}
}

// Items are the revisions of n articles in the order in which they are sent:
// about by number, but a revision may come before the one it replaces, a kill
// before what it kills, and a revision after its article was killed.
func (w *Wire) Items(n int) []ledger.Item { return w.Within(n, Window) }

// Within is Items whose revisions are carried so far from their places at most.
func (w *Wire) Within(n, window int) []ledger.Item {
	r := rand.New(rand.NewPCG(w.seed, 1))
	type placed struct {
		ledger.Item

		at int
	}
	var all []placed
	for a := range uint32(n) {
		revisions := 1
		if r.IntN(100) < RevisedPercent {
			revisions += 1 + r.IntN(MaxRevisions-1)
		}
		kill := 0
		if r.IntN(100) < KilledPercent {
			revisions++
			// Mostly the last; now and then the provider goes on.
			kill = revisions
			if revisions > 2 && r.IntN(2) == 0 {
				kill--
			}
		}
		for v := 1; v <= revisions; v++ {
			i := w.Item(a, v)
			i.Killed = v == kill
			all = append(all, placed{i, len(all) + r.IntN(window)})
		}
	}
	slices.SortStableFunc(all, func(x, y placed) int { return x.at - y.at })
	items := make([]ledger.Item, len(all))
	for i, p := range all {
		items[i] = p.Item
	}
	return items
}

// document is what is used of ninjs 2.
type document struct {
	URI            string    `json:"uri"`
	Type           string    `json:"type"`
	Version        string    `json:"version"`
	VersionCreated time.Time `json:"versioncreated"`
	PubStatus      string    `json:"pubstatus"`
	Language       string    `json:"language"`
	Headline       string    `json:"headline"`
	BodyText       string    `json:"body_text"`
}

// MediaType is that of [Wire.NINJS].
const MediaType = "application/json"

// NINJS is the item as it is sent.
func (w *Wire) NINJS(i ledger.Item) ([]byte, error) {
	t := w.Said(i)
	d := document{
		URI: i.Article, Type: "text", Version: strconv.Itoa(i.Version), VersionCreated: i.Created, PubStatus: "usable", Language: "en",
		Headline: t.Headline, BodyText: t.Body,
	}
	if i.Killed {
		d.PubStatus = "canceled"
	}
	return json.Marshal(d)
}

// Said is the text of an item, as it is sent.
func (w *Wire) Said(i ledger.Item) Text {
	t := w.text(i)
	return Text{fmt.Sprintf("%s, version %d", t.Headline, i.Version), t.Body + "\n\nThe desk knows this text by the word " + i.Mark + "."}
}

// text is the same for the same item.
func (w *Wire) text(i ledger.Item) Text {
	h := w.seed
	for _, b := range []byte(i.Mark) {
		h = h*1099511628211 + uint64(b)
	}
	r := rand.New(rand.NewPCG(h, 2))
	if len(w.texts) > 0 {
		return w.texts[r.IntN(len(w.texts))]
	}
	var b strings.Builder
	if r.IntN(2) == 0 { // so that enrichment finds what the metadata doesn't say
		b.WriteString("BERLIN (dpa) - ")
	}
	for p := range 4 + r.IntN(4) {
		if p > 0 {
			b.WriteString("\n\n")
		}
		for s := range 2 + r.IntN(3) {
			if s > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(sentence(r))
		}
	}
	return Text{Headline: strings.TrimSuffix(sentence(r), "."), Body: b.String()}
}

func sentence(r *rand.Rand) string {
	pick := func(of string) string {
		words := strings.Split(of, "|")
		return words[r.IntN(len(words))]
	}
	return fmt.Sprintf("%s %s %s %s on %s, %s.",
		pick("The port authority|The ministry of transport|A spokesman of the union|The regional court|The central bank|The fire service|The grid operator"),
		pick("announced|postponed|defended|rejected|confirmed|examined|took back"),
		pick("the plan for|its report about|a change of|the dispute over|the vote on|the cost of"),
		pick("the harbour bridge|the night trains|the new reservoir|the wage agreement|the ferry line|the border crossing|the wheat quota"),
		pick("Monday|Tuesday|Wednesday|Thursday|Friday|the weekend"),
		pick("officials said|according to the agency|after two days of talks|with 212 of 350 votes|for the third time this year|in spite of protests"))
}
