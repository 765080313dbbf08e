package segments

import (
	"math"
	"slices"

	"github.com/copytaster/copytaster/pkg/article"
)

// evidence is a set of observations about one piece.
type evidence uint64

// What can be observed. The names are those that [Enricher.Explain] prints.
const (
	evNoWords      evidence = 1 << iota
	evVeryShort             // up to 4 words
	evShort                 // 5 to 14
	evMedium                // 15 to 45
	evLong                  // more
	evStop                  // ends as a sentence
	evNoStop                // does not
	evAsks                  // ends with ? or !
	evColonEnd              // ends with a colon or comma
	evAllCaps               // nothing but capitals
	evSentences             // two or more
	evTerse                 // sentences of 14 words at most on average, two or more
	evBullet                // begins with a bullet
	evQuoted                // is a quotation as a whole
	evQuotedBy              // is one with its speaker in brackets or behind a dash
	evHoldsQuote            // has quotation marks inside
	evNewsy                 // tells when, or who says so
	evNextNewsy             // the next one does
	evFirst                 // the first piece
	evNearEnd               // among the last pieces
	evCredit                // reads as a credit
	evByline                // reads as a byline
	evBylineWeak            // might be one
	evDateline              // reads as a dateline
	evCityOnly              // a dateline without agency, on its own
	evAfterDate             // follows a dateline in the same block
	evBeforeDate            // the next block begins with a dateline
	evSignoff               // reads as a sign-off with an agency
	evInitials              // writers' marks only
	evWriters               // "Reporting by"
	evEnd                   // "Ends"
	evNote                  // reads as a note to editors
	evNoteWeak              // might be one
	evSection               // stands in a part for editors
	evFurniture             // begins as site furniture does
	evFurnitureSub          // begins so, with a colon or as a short line
	evRights                // speaks of rights
	evSource                // names where it was taken from
	evOwnSource             // names the very source it came through
	evDateOnly              // only a date or time
	evURL                   // an address of the web or mail
	evReference             // names a report
	evArchive               // speaks of an older picture
	evPhotoOpener           // begins with a word for picture and a colon
	evPhotoAlone            // is only that
	evBeforeCredit          // the next piece is a credit
	evSameCredit            // in the same block
	evAfterCredit           // the piece before is a credit
	evBelowCredit           // right below a credit, without a blank line
	evPhotoMark             // a scraper's mark follows
	evRepeat                // says what an earlier short piece said
	evRepeated              // is repeated by another
	evKickerWord            // a desk or form of story
	evSubtitle              // says that it is a standfirst
	evLowerStart            // begins with a small letter
	evContact               // telephone numbers, addresses
	evBracketed             // stands in brackets
	evListed                // in a list below a line of furniture
	evCrumbs                // a path of the site: "News | Region | Town"
	evInvite                // asks readers to do something on the site
	evRuled                 // stands between marks such as +++
	evName                  // nothing but a name, by its shape
	evGiven                 // nothing but a name that begins with a known given name
	evAboveCredit           // stands by itself, with a credit right below
)

var evidenceNames = []string{
	"no words", "very short", "short", "medium", "long", "stop", "no stop", "asks", "colon end", "all caps",
	"sentences", "terse", "bullet", "quoted", "quoted by", "holds quote", "newsy", "next newsy", "first", "near end",
	"credit", "byline", "byline weak", "dateline", "city only", "after dateline", "before dateline", "sign-off",
	"initials", "writers", "end", "note", "note weak", "section for editors", "furniture", "furniture line", "rights",
	"source", "own source", "date only", "url", "reference", "archive", "photo opener", "photo alone", "before credit",
	"credit in block", "after credit", "below credit", "photo mark", "repeat", "repeated", "kicker word", "subtitle",
	"lower start", "contact",
	"bracketed", "listed", "crumbs", "invites", "ruled", "name", "given name", "above credit",
}

// kinds by number, for arrays.
const (
	kKicker = iota
	kHeadline
	kStandfirst
	kByline
	kDateline
	kParagraph
	kSubhead
	kQuote
	kCaption
	kCredit
	kReference
	kSignoff
	kNote
	kBoilerplate
	kResidue
	nKinds
)

var kindNames = [nKinds]article.Kind{
	article.Kicker, article.Headline, article.Standfirst, article.Byline, article.Dateline, article.Paragraph,
	article.Subhead, article.Quote, article.Caption, article.CreditLine, article.Reference, article.Signoff,
	article.Note, article.Boilerplate, article.Residue,
}

type weights [nKinds]float32

// evBrief is up to 14 words.
const evBrief = evVeryShort | evShort

// usual is how often each kind is to be met at all.
var usual = weights{kKicker: -2, kHeadline: -0.5, kStandfirst: -1, kByline: -3, kDateline: -4, kParagraph: 0.5, kSubhead: -1, kQuote: -3, kCaption: -2, kCredit: -4, kReference: -4, kSignoff: -4, kNote: -4, kBoilerplate: -3, kResidue: -4}

// found is how much it weighs that the cut already said what a piece is.
var found = map[article.Kind]struct {
	kind   int
	weight float32
}{
	article.Residue: {kResidue, 14}, article.Dateline: {kDateline, 14}, article.Boilerplate: {kBoilerplate, 14},
	article.Signoff: {kSignoff, 8}, article.Caption: {kCaption, 1},
}

// table says what each observation speaks for and against. A weight of 1 makes
// a kind e times as likely.
var table = []struct {
	ev evidence
	w  weights
}{
	{evNoWords, weights{kResidue: 9, kParagraph: -4, kHeadline: -6, kKicker: -6, kSubhead: -6, kCaption: -6, kStandfirst: -6}},
	{evVeryShort, weights{kKicker: 2.5, kHeadline: 0.5, kStandfirst: -0.8, kParagraph: -2.2, kSubhead: 1.3, kCaption: -1, kQuote: -1}},
	{evShort, weights{kKicker: -2.5, kHeadline: 1.5, kByline: -0.5, kSubhead: 1, kParagraph: -0.7, kStandfirst: 1.2}},
	{evMedium, weights{kHeadline: -1, kKicker: -6, kSubhead: -3, kParagraph: 0.7, kStandfirst: 0.3, kReference: -3, kSignoff: -2, kByline: -2}},
	{evLong, weights{kHeadline: -5, kKicker: -9, kSubhead: -8, kParagraph: 2, kStandfirst: -2, kReference: -6, kSignoff: -3, kByline: -6, kCaption: -1.5, kCredit: -6, kDateline: -8}},
	{evStop, weights{kHeadline: -2.5, kKicker: -3, kSubhead: -3, kParagraph: 1.7, kStandfirst: 0.5, kReference: -1.5, kByline: -1}},
	{evNoStop, weights{kHeadline: 1.7, kKicker: 0.7, kSubhead: 2, kParagraph: -2, kReference: 0.5, kStandfirst: -0.4}},
	{evAsks, weights{kHeadline: 0.5, kSubhead: 1, kKicker: -1.5, kParagraph: 0.3}},
	{evColonEnd, weights{kHeadline: -1, kSubhead: -1, kParagraph: 0.7, kKicker: 0.5, kStandfirst: -0.5}},
	{evAllCaps, weights{kKicker: 1.5, kHeadline: 0.3, kSubhead: 0.3, kParagraph: -1}},
	{evSentences, weights{kHeadline: -2, kKicker: -3, kSubhead: -2.5, kParagraph: 1, kStandfirst: 0.5, kReference: -2}},
	{evTerse, weights{kStandfirst: 3}},
	{evBullet, weights{kStandfirst: 4.5, kParagraph: 2.5, kHeadline: -1.5, kSubhead: -7, kNote: 0.3, kKicker: -2}},
	{evQuoted, weights{kQuote: 5.3, kHeadline: -0.5, kSubhead: -1}},
	{evQuotedBy, weights{kQuote: 6, kSubhead: -2}},
	{evHoldsQuote, weights{kStandfirst: -0.8, kByline: -2}},
	{evNewsy, weights{kStandfirst: -1.7, kParagraph: 0.5, kSubhead: -0.7, kHeadline: -0.2}},
	{evNextNewsy, weights{kStandfirst: 1}},
	{evFirst, weights{kHeadline: 0.5, kKicker: 0.3}},
	{evNearEnd, weights{kReference: 0.7, kSignoff: 0.7, kBoilerplate: 0.3, kSubhead: -0.3}},
	{evCredit, weights{kCredit: 10, kHeadline: -3, kParagraph: -2, kSubhead: -3, kByline: -1}},
	{evByline, weights{kByline: 8, kHeadline: -7, kSubhead: -2, kParagraph: -1, kKicker: -2, kCredit: -1, kReference: -1.5}},
	{evBylineWeak, weights{kByline: 4.5, kHeadline: -1, kSubhead: -0.5, kSignoff: 0.5}},
	{evDateline, weights{kDateline: 8, kHeadline: -2, kSubhead: -2}},
	{evCityOnly, weights{kDateline: 4.5, kKicker: 0.5, kSubhead: -2}},
	{evAfterDate, weights{kParagraph: 5, kStandfirst: -5, kHeadline: -5, kSubhead: -3, kCaption: -3}},
	{evBeforeDate, weights{kStandfirst: 3, kParagraph: -1.5, kHeadline: 0.3, kSubhead: -1}},
	{evSignoff, weights{kSignoff: 7.5, kHeadline: -3, kParagraph: -1.5, kSubhead: -3, kKicker: -2, kByline: 4.5, kCredit: -2, kBoilerplate: -1}},
	{evInitials, weights{kSignoff: 5, kSubhead: -2, kHeadline: -2, kKicker: -1}},
	{evWriters, weights{kSignoff: 8, kByline: -2, kParagraph: -1, kNote: -1}},
	{evEnd, weights{kSignoff: 7, kKicker: -1, kSubhead: -2}},
	{evNote, weights{kNote: 10, kHeadline: -3, kKicker: -3, kSubhead: -3, kStandfirst: -3, kSignoff: -2, kReference: -2}},
	{evNoteWeak, weights{kNote: 4.5, kHeadline: -1, kSubhead: -1, kKicker: -1}},
	{evSection, weights{kNote: 9, kBoilerplate: -1}},
	{evFurniture, weights{kBoilerplate: 3, kSubhead: -0.5, kHeadline: -0.5, kReference: -0.5}},
	{evFurnitureSub, weights{kBoilerplate: 3.5, kSubhead: -2, kHeadline: -2, kKicker: -1.5, kParagraph: -1}},
	{evRights, weights{kBoilerplate: 7, kParagraph: -1, kSignoff: -1}},
	{evSource, weights{kBoilerplate: 6, kSubhead: -2, kHeadline: -2, kSignoff: -1.5, kCredit: -2, kKicker: -2}},
	{evOwnSource, weights{kBoilerplate: 6, kSubhead: -2, kHeadline: -2, kSignoff: -2, kKicker: -2, kByline: -3}},
	{evDateOnly, weights{kBoilerplate: 8, kSubhead: -3, kHeadline: -4, kDateline: -1, kKicker: -4, kSignoff: -3, kByline: -5}},
	{evURL, weights{kBoilerplate: 4, kNote: 0.5, kHeadline: -3, kSubhead: -3}},
	{evReference, weights{kReference: 8, kHeadline: -1.5, kSubhead: -2, kKicker: -1, kBoilerplate: -1}},
	{evArchive, weights{kCaption: 2.5, kHeadline: -1}},
	{evPhotoOpener, weights{kCaption: 5, kHeadline: -2, kSubhead: -2, kBoilerplate: -1, kCredit: 0.5}},
	{evPhotoAlone, weights{kResidue: 8, kKicker: -2, kSubhead: -2, kHeadline: -3, kCaption: -2}},
	{evBeforeCredit, weights{kCaption: 2.2, kSubhead: -1}},
	{evSameCredit, weights{kCaption: 3.5, kParagraph: -1, kStandfirst: -2, kHeadline: -2}},
	{evAfterCredit, weights{kCaption: 0.2}},
	{evBelowCredit, weights{kCaption: 4.5, kStandfirst: -1}},
	{evPhotoMark, weights{kCaption: 5, kHeadline: -2, kStandfirst: -2}},
	{evRepeat, weights{kResidue: 8, kHeadline: -1, kSubhead: -3, kParagraph: -2, kStandfirst: -3, kCaption: -1, kKicker: -3}},
	{evRepeated, weights{kHeadline: 3, kKicker: -3}},
	{evKickerWord, weights{kKicker: 2.5, kHeadline: -1.5, kBoilerplate: 0.5}},
	{evSubtitle, weights{kStandfirst: 9, kHeadline: -3, kSubhead: -3, kParagraph: -2}},
	{evLowerStart, weights{kHeadline: -0.7, kSubhead: -2, kKicker: -1}},
	{evBracketed, weights{kSubhead: -4, kHeadline: -2, kKicker: -2, kNote: 0.7}},
	{evListed, weights{kBoilerplate: 5.5, kSubhead: -1}},
	{evCrumbs, weights{kBoilerplate: 7, kKicker: -2, kHeadline: -3, kByline: -2, kSubhead: -2}},
	{evInvite, weights{kBoilerplate: 5.5, kSubhead: -2, kHeadline: -1.5, kParagraph: -1.5, kCaption: -2, kStandfirst: -1.5}},
	{evRuled, weights{kBoilerplate: 3, kSubhead: -1, kCaption: -3}},
	{evName, weights{kByline: 1.5}},
	{evGiven, weights{kByline: 3.2, kSubhead: -1, kKicker: -1.5, kHeadline: -1.5, kBoilerplate: -1}},
	{evAboveCredit, weights{kCaption: 4, kParagraph: -0.5}},
	{evContact, weights{kNote: 2.5, kBoilerplate: 1, kSubhead: -2, kHeadline: -2}},
}

// zone is a part of an article. An article goes through them in order.
type zone uint8

const (
	zTop  zone = iota // above the headline
	zHead             // the headline
	zLead             // between headline and text
	zBody
	zTail
)

// state is a kind in a zone. prior is how usual it is there.
type state struct {
	zone  zone
	kind  int
	prior float32
}

var states = []state{
	{zTop, kKicker, 0.5},
	{zTop, kResidue, 0},
	{zTop, kNote, 0},
	{zTop, kBoilerplate, 0},
	{zTop, kCaption, -1},
	{zTop, kCredit, -0.3},
	{zTop, kByline, -1},
	{zTop, kDateline, -1},
	{zTop, kSignoff, -2.5},
	{zTop, kReference, -1.5},
	{zHead, kHeadline, 1},
	{zLead, kResidue, 0},
	{zLead, kNote, -0.3},
	{zLead, kBoilerplate, 0},
	{zLead, kCaption, 0.3},
	{zLead, kCredit, 0.3},
	{zLead, kByline, 0.5},
	{zLead, kDateline, 0},
	{zLead, kStandfirst, 0.3},
	{zLead, kSignoff, -2},
	{zLead, kKicker, -3},
	{zLead, kReference, -2},
	{zBody, kParagraph, 0.3},
	{zBody, kSubhead, 0},
	{zBody, kQuote, 0},
	{zBody, kCaption, -0.5},
	{zBody, kCredit, -0.3},
	{zBody, kDateline, -0.5},
	{zBody, kNote, -0.3},
	{zBody, kBoilerplate, -0.2},
	{zBody, kResidue, -0.5},
	{zBody, kByline, -1.5},
	{zBody, kSignoff, -0.5},
	{zTail, kReference, 0.3},
	{zTail, kSignoff, 0.5},
	{zTail, kNote, 0.2},
	{zTail, kBoilerplate, 0.3},
	{zTail, kByline, -0.5},
	{zTail, kCaption, -0.5},
	{zTail, kCredit, -0.2},
	{zTail, kResidue, 0},
}

const never = float32(-1e6)

// zoneCost is what the way from one zone to another costs.
var zoneCost = [5][5]float32{
	zTop:  {0, 0, never, -5, -4},
	zHead: {never, never, 0, 0, -2},
	zLead: {never, never, 0, 0, -1.5},
	zBody: {never, -14, never, 0, 0},
	zTail: {never, -14, never, -2, 0},
}

// follows is what the order of two kinds speaks for and against.
var follows = []struct {
	a, b int // -1: any other
	w    float32
}{
	{kKicker, kHeadline, 1},
	{kKicker, kKicker, -3},
	{kKicker, kResidue, 0.5},
	{kKicker, -1, -1.5},
	{kDateline, kParagraph, 2},
	{kDateline, kDateline, -4},
	{kDateline, -1, -3},
	{kSubhead, kParagraph, 1},
	{kSubhead, kDateline, 0},
	{kSubhead, kQuote, 0.3},
	{kSubhead, kCaption, -0.5},
	{kSubhead, kSubhead, -2.5},
	{kSubhead, kSignoff, -3},
	{kSubhead, kReference, -2},
	{kSubhead, -1, -1},
	{kCaption, kCredit, 1},
	{kCredit, kCaption, 0.2},
	{kCaption, kCaption, -1.5},
	{kStandfirst, kStandfirst, -2},
	{kStandfirst, kParagraph, 0.3},
	{kStandfirst, kDateline, 0.5},
	{kStandfirst, kByline, 1},
	{kStandfirst, kSubhead, -2},
	{kByline, kStandfirst, -0.8},
	{kHeadline, kSubhead, -2.5},
	{kByline, kByline, -2},
	{kHeadline, kSignoff, -2},
	{kNote, kNote, 0.3},
	{kBoilerplate, kBoilerplate, 0.5},
	{kSignoff, kSignoff, -0.5},
	{kParagraph, kSignoff, 0.3},
}

// way is what it weighs to come to a state.
type way struct {
	from [maxStates]float32 // from each other one; minus infinity: there is no way
	most float32            // from any
}

// maxStates is above the number of states.
const maxStates = 64

// ways are zoneCost and follows by the state that they lead to; start and stop are what
// it costs to begin and end in a state.
var ways, start, stop = func() (m []way, start, stop []float32) {
	var pair [nKinds][nKinds]float32
	for _, f := range slices.Backward(follows) {

		if f.b >= 0 {
			continue
		}
		for b := range nKinds {
			pair[f.a][b] = f.w
		}
	}
	for _, f := range follows {
		if f.b >= 0 {
			pair[f.a][f.b] = f.w
		}
	}
	m = make([]way, len(states))
	for i, s := range states {
		for j, t := range states {
			m[j].from[i] = float32(math.Inf(-1))
			if cost := zoneCost[s.zone][t.zone]; cost != never {
				m[j].from[i] = cost + pair[s.kind][t.kind] + t.prior
			}
		}
		switch s.zone {
		case zTop, zHead:
			start = append(start, s.prior)
		case zBody:
			start = append(start, s.prior-4)
		default:
			start = append(start, s.prior-6)
		}
		end := float32(0)
		switch s.kind {
		case kKicker:
			end = -5
		case kDateline, kSubhead:
			end = -3
		}
		stop = append(stop, end)
	}
	for j := range m {
		m[j].most = slices.Max(m[j].from[:len(states)])
	}
	return m, start, stop
}()
