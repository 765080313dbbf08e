package grammar

import (
	"strings"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

const maxRateTokens = 14

// ParseNote tells how sure it is that l is a note to editors, 0 if not at all.
// section tells that it opens a part of the text that is not for readers.
func ParseNote(lex *lexicon.Lexicon, l Line) (confidence float64, section bool) {
	n := len(l.Tokens)
	if n == 0 {
		return 0, false
	}
	b := l.bare()
	bracketed := b.Start > l.Start && b.End < l.End
	heading := strings.HasPrefix(l.Text[l.Start:], "#")
	ruled := strings.HasPrefix(l.Text[l.Start:], "--") || strings.HasPrefix(l.Text[l.Start:], "* *") || strings.HasPrefix(l.Text[l.Start:], "**")
	if m := lex.Phrases.Longest(l.Tokens, lexicon.Note); m.Tokens > 0 {
		after := l.gap(m.Tokens)
		alone := m.Tokens == n
		colon := strings.Contains(after, ":") || strings.Contains(after, " - ") || strings.Contains(after, "–") || strings.Contains(after, "!") || strings.Contains(after, "\n")
		switch {
		case heading || ruled:
			return 0.97, true
		case colon, bracketed, m.Tokens >= 4:
			return 0.95, alone && !bracketed
		case alone && m.Tokens > 1:
			return 0.85, true
		case m.Tokens >= 2:
			return 0.6, false
		}
		if !alone && m.Tokens == 1 {
			return 0, false
		}
		return 0.4, alone
	}
	if bracketed && n <= maxRateTokens && l.Tokens[0].Shape&lexicon.HasDigit != 0 && strings.Contains(l.String(), "=") {
		return 0.9, false // "($1 = 0.92 euros)", a rate of exchange
	}
	if m := lex.Phrases.Longest(l.Tokens, lexicon.Urgency); m.Tokens == n && l.Tokens[0].Shape&lexicon.AllCaps != 0 {
		return 0.9, false
	}
	if bracketed || ruled {
		if m := lex.Phrases.Longest(l.Tokens, lexicon.Edit); m.Tokens > 0 {
			return 0.9, false
		}
		edits := 0
		for i := range min(n, 60) {
			if lex.Phrases.Longest(l.Tokens[i:], lexicon.Edit|lexicon.Note).Tokens > 0 {
				edits++
			}
		}
		if edits >= 2 || edits == 1 && n <= 8 {
			return 0.7, false
		}
	}
	if n <= 12 {
		// "UPDATE 2-...", "CORRECTION:" as first word is no note by itself.
		if m := lex.Phrases.Longest(l.Tokens, lexicon.Edit); m.Tokens > 1 && l.Tokens[0].Shape&lexicon.AllCaps != 0 && m.Tokens == n {
			return 0.7, false
		}
	}
	return 0, false
}
