package analysis

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"
)

// class is what a character is to the tokenizer: the Word_Break property of Unicode
// 12.1, with scripts and emoji told apart as Lucene's standard tokenizer does.
type class uint8

const (
	other        class = iota
	letter             // ALetter, Hangul among them
	letterEmoji        // ALetter that is an emoji as well
	hebrew             // Hebrew_Letter
	digit              // of ASCII: Numeric, and the base of a keycap
	numeric            // Numeric
	katakana           // Katakana
	hiragana           // each character a word
	han                // likewise
	southeast          // Thai and the like: words without blanks between them
	southeastEx        // likewise, Extend
	extend             // Extend, Format
	joiner             // zero width joiner
	keycap             // combining enclosing keycap
	asText             // variation selector 15
	asEmoji            // variation selector 16
	modifier           // of the skin's colour
	tag                // of flags of regions
	tagEnd             // likewise
	emoji              // any other
	keycapBase         // # and *
	regional           // Regional_Indicator, two make a flag
	extendNumLet       // ExtendNumLet: _
	midLetter          // MidLetter
	midNum             // MidNum
	midNumLet          // MidNumLet
	singleQuote        // Single_Quote
	doubleQuote        // Double_Quote
	classes
)

// classNames are the letters that stand for the classes in classes.txt.
const classNames = ` aih01KHcsSxzktvmgGe#r_:,.'"`

//go:embed classes.txt
var classTable string

//go:embed folding.txt
var foldingTable string

const blockSize = 256

// properties are looked up by code point: the block of it, and its place there.
type properties struct {
	ascii  [utf8.RuneSelf]class
	index  [(utf8.MaxRune + 1) / blockSize]uint8
	blocks [][blockSize]class
	folds  map[rune]string
}

func (p *properties) class(r rune) class {
	if uint32(r) < utf8.RuneSelf {
		return p.ascii[r]
	}
	return p.blocks[p.index[r/blockSize]][r%blockSize]
}

var table = newProperties() //nolint:gochecknoglobals // never changed

func newProperties() *properties {
	p := &properties{folds: map[rune]string{}}
	all := make([]class, utf8.MaxRune+1)
	for line := range strings.Lines(classTable) {
		var from, to rune
		var name byte
		if _, err := fmt.Sscanf(line, "%x %x %c\n", &from, &to, &name); err != nil {
			panic(fmt.Errorf("classes.txt: %q: %w", line, err)) // part of the program
		}
		c := class(strings.IndexByte(classNames, name))
		for r := from; r <= to; r++ {
			all[r] = c
		}
	}
	seen := map[[blockSize]class]uint8{}
	for i := range p.index {
		b := [blockSize]class(all[i*blockSize:])
		at, ok := seen[b]
		if !ok {
			at = uint8(len(p.blocks))
			seen[b] = at
			p.blocks = append(p.blocks, b)
		}
		p.index[i] = at
	}
	copy(p.ascii[:], all)
	for line := range strings.Lines(foldingTable) {
		from, to, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var r rune
		if _, err := fmt.Sscanf(from, "%x", &r); err != nil {
			panic(fmt.Errorf("folding.txt: %q: %w", line, err))
		}
		p.folds[r] = to
	}
	return p
}
