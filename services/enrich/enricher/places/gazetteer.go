package places

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Kind is what a place is.
type Kind uint8

// Kinds of places.
const (
	City Kind = iota + 1
	Capital
	Subdivision // a county or the like
	Division    // a state or province, of the first level
	Region      // a continent, a landscape, a sea, an island
	Country
)

// record is a place of the gazetteer.
type record struct {
	name       uint32 // where its name stands
	id         uint32 // of GeoNames, 0 if it isn't known
	population uint32
	lat, lon   int16 // hundredths of a degree
	division   uint16
	country    uint8 // index in countries
	kind       Kind
}

// posting says that a name may mean a place.
type posting struct {
	record int32
	next   int32 // the next place of that name, less likely by itself; 0: none
	how    manner
	langs  uint8 // the languages that the name is of, by bit; 0: any
}

// manner is how a name is written and used.
type manner uint8

const (
	exact manner = 1 << iota // in capitals only: "US"
	lower                    // has words with a small letter: "mer Noire"
	tail                     // behind a comma only: "Calif."
)

// Gazetteer is the places that are known by name. It is read-only.
type Gazetteer struct {
	records   []record
	postings  []posting
	names     []byte   // each with its length before it, while they are read
	named     string   // the same
	starts    filter   // words with a small letter that names begin with
	countries []string // codes; the first is ""
	divisions map[string]uint16
	firsts    [256]uint16 // how many first divisions each country has
	table     table
	langs     map[string]*language
	order     []string // of languages, by bit
}

//go:embed data/*.txt data/*.gz data/lang
var data embed.FS

// Default is the gazetteer that is built in, read at its first use. The error is for
// a broken build only.
var Default = sync.OnceValues(func() (*Gazetteer, error) {
	sub, err := fs.Sub(data, "data")
	if err != nil {
		return nil, err
	}
	return load(sub)
})

// How much room there is for what is built in, so that nothing is copied at start.
const (
	roomRecords  = 250_000
	roomPostings = 400_000
	roomNames    = 4_000_000
	roomTable    = 19 // bits of the number of slots
)

func load(dir fs.FS) (*Gazetteer, error) {
	g := &Gazetteer{
		records: make([]record, 1, roomRecords), postings: make([]posting, 1, roomPostings), names: make([]byte, 0, roomNames),
		countries: []string{""}, divisions: map[string]uint16{}, langs: map[string]*language{},
	}
	g.table.reserve(roomTable)
	l := loader{g: g, byKey: map[string]int32{}, byID: map[uint32]int32{}, country: map[string]uint8{}}
	for _, step := range []struct {
		file string
		read func(dir fs.FS, file string) error
	}{
		{"middles.txt", l.readMiddles}, {"gazetteer.tsv.gz", l.readPlaces}, {"regions.txt", l.readRegions},
	} {
		if err := step.read(dir, step.file); err != nil {
			return nil, err
		}
	}
	if err := l.readLanguages(dir); err != nil {
		return nil, err
	}
	if l.full != nil {
		return nil, l.full
	}
	g.named, g.names = string(g.names), nil
	return g, nil
}

// loader is a gazetteer while it is read.
type loader struct {
	g       *Gazetteer
	toks    []lexicon.Token
	byKey   map[string]int32 // countries, divisions and regions
	byID    map[uint32]int32 // what a language names by number
	country map[string]uint8
	middles map[string][2]int16
	full    error // there is more than has room
}

func (l *loader) readMiddles(dir fs.FS, file string) error {
	l.middles = map[string][2]int16{}
	return lexicon.EachLine(dir, file, func(line string) error {
		col := columns(line)
		if len(col) != 3 {
			return fmt.Errorf("%q has %d columns, want 3", line, len(col))
		}
		at, err := position(col[1], col[2])
		l.middles[col[0]] = at
		return err
	})
}

func columns(line string) []string {
	col := strings.Split(line, "|")
	for i := range col {
		col[i] = strings.TrimSpace(col[i])
	}
	return col
}

// position is latitude and longitude in hundredths.
func position(lat, lon string) (at [2]int16, err error) {
	for i, s := range []string{lat, lon} {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || v < -180 || v > 180 {
			return at, fmt.Errorf("%q is no number of degrees", s)
		}
		at[i] = int16(v * hundredths)
	}
	return at, nil
}

const hundredths = 100

// readPlaces reads what was distilled: kind, country, division, population, latitude
// and longitude in hundredths, GeoNames id, names.
func (l *loader) readPlaces(dir fs.FS, file string) error {
	f, err := dir.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for n := 1; len(all) > 0; n++ {
		end := bytes.IndexByte(all, '\n')
		if end < 0 {
			end = len(all) - 1
		}
		if err := l.place(all[:end]); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
		all = all[end+1:]
	}
	return nil
}

const placeColumns = 8

func (l *loader) place(line []byte) error {
	var col [placeColumns][]byte
	for i := range col {
		var ok bool
		if col[i], line, ok = bytes.Cut(line, []byte{'\t'}); !ok && i < placeColumns-1 {
			return fmt.Errorf("a place has %d columns, this one has %d", placeColumns, i+1)
		}
	}
	r := record{country: l.code(col[1]), population: uint32(number(col[3])), lat: int16(number(col[4])), lon: int16(number(col[5])), id: uint32(number(col[6]))}
	key := ""
	switch col[0][0] {
	case 'n':
		r.kind = Country
		key = string(col[1])
		at, ok := l.middles[key]
		if !ok {
			return fmt.Errorf("country %s is not in middles.txt", key)
		}
		r.lat, r.lon = at[0], at[1]
	case 'a':
		r.kind = Division
		l.g.firsts[r.country]++
		key = string(col[1]) + "." + string(col[2])
		if at, ok := l.middles[key]; ok {
			r.lat, r.lon = at[0], at[1]
		}
	case 'b':
		r.kind = Subdivision
	case 'c':
		r.kind = Capital
	default:
		r.kind = City
	}
	if len(col[2]) > 0 {
		r.division = l.division(col[1], col[2])
	}
	names := col[7]
	first, _, _ := bytes.Cut(names, []byte{'|'})
	at := l.add(r, first)
	if key != "" {
		l.byKey[key] = at
	}
	for len(names) > 0 {
		var name []byte
		name, names, _ = bytes.Cut(names, []byte{'|'})
		l.name(string(name), at, 0, 0)
	}
	return nil
}

func number(s []byte) int {
	n, minus := 0, false
	for _, c := range s {
		switch {
		case c == '-':
			minus = true
		case c >= '0' && c <= '9':
			n = n*10 + int(c-'0')
		}
	}
	if minus {
		return -n
	}
	return n
}

func (l *loader) code(country []byte) uint8 {
	if c, ok := l.country[string(country)]; ok {
		return c
	}
	if len(l.g.countries) > math.MaxUint8 {
		l.full = errors.New("there are more than 255 countries")
		return 0
	}
	c := uint8(len(l.g.countries))
	l.g.countries = append(l.g.countries, string(country))
	l.country[string(country)] = c
	return c
}

func (l *loader) division(country, code []byte) uint16 {
	var b [32]byte
	key := append(append(append(b[:0], country...), '.'), code...)
	if d, ok := l.g.divisions[string(key)]; ok {
		return d
	}
	if len(l.g.divisions) >= math.MaxUint16 {
		l.full = errors.New("there are more than 65,535 divisions")
		return 0
	}
	d := uint16(len(l.g.divisions) + 1)
	l.g.divisions[string(key)] = d
	return d
}

func (l *loader) add(r record, name []byte) int32 {
	r.name = uint32(len(l.g.names))
	name = name[:min(len(name), 255)]
	l.g.names = append(append(l.g.names, byte(len(name))), name...)
	l.g.records = append(l.g.records, r)
	at := int32(len(l.g.records) - 1)
	return at
}

// name lets the words of name mean a place.
func (l *loader) name(name string, at int32, how manner, langs uint8) {
	g := l.g
	l.toks = lexicon.Scan(l.toks[:0], name, 0, len(name))
	if len(l.toks) == 0 {
		return
	}
	if g.table.used+len(l.toks) > g.table.room() {
		l.full = errors.New("there are more names than the table has room for")
		return
	}
	h := uint64(0)
	capitals := true
	for i, t := range l.toks {
		if i > 0 {
			g.table.put(h) // a name goes on here
		}
		h = step(h, t.Hash)
		capitals = capitals && (t.Shape&lexicon.AllCaps != 0 || t.Shape&lexicon.Upper != 0 && t.End-t.Start == 1)
		if t.Shape&lexicon.Lower != 0 && (i == 0 || t.End-t.Start > 3) {
			how |= lower
			if i == 0 {
				g.starts.add(t.Hash)
			}
		}
	}
	if capitals && len(name) <= 6 {
		how |= exact
	}
	head := g.table.put(h)
	for p := head; *p != 0; p = &g.postings[*p].next {
		q := &g.postings[*p]
		if q.record == at {
			if q.langs == 0 || langs == 0 {
				q.langs = 0
			} else {
				q.langs |= langs
			}
			q.how &= how
			return
		}
		if g.records[q.record].population < g.records[at].population {
			g.insert(p, posting{record: at, next: *p, how: how, langs: langs})
			return
		}
	}
	last := head
	for *last != 0 {
		last = &g.postings[*last].next
	}
	g.insert(last, posting{record: at, how: how, langs: langs})
}

// insert puts a posting where at points. The list may move meanwhile.
func (g *Gazetteer) insert(at *int32, p posting) {
	*at = int32(len(g.postings))
	g.postings = append(g.postings, p)
}

// readRegions reads name, country, latitude, longitude, id.
func (l *loader) readRegions(dir fs.FS, file string) error {
	return lexicon.EachLine(dir, file, func(line string) error {
		col := columns(line)
		if len(col) != 5 {
			return fmt.Errorf("%q has %d columns, want 5", line, len(col))
		}
		at, err := position(col[2], col[3])
		if err != nil {
			return err
		}
		r := record{kind: Region, lat: at[0], lon: at[1], id: uint32(number([]byte(col[4])))}
		if col[1] != "-" {
			r.country = l.code([]byte(col[1]))
		}
		k := l.add(r, []byte(col[0]))
		l.byKey[col[0]] = k
		l.name(col[0], k, 0, 0)
		return nil
	})
}

// nameOf is the usual name of a place.
func (g *Gazetteer) nameOf(r *record) string {
	n := uint32(g.named[r.name])
	return g.named[r.name+1 : r.name+1+n]
}

// step goes on from the words so far by one more.
func step(h, word uint64) uint64 {
	h = (h ^ word) * 0xd6e8feb86659fd93
	return h ^ h>>32 | 1
}

// table finds the places of a name by the hash of its words. It is open, and a quarter
// empty at least. A slot has half of the hash, and stands by bits of the other half: two
// names are taken for one once in billions.
type table struct {
	slots []slot
	shift uint
	used  int
}

type slot struct {
	key  uint32 // 0: free
	head int32
}

// reserve makes 1<<bits slots, all free.
func (t *table) reserve(bits uint) {
	t.slots, t.shift = make([]slot, 1<<bits), 64-bits
}

// at is where a key stands, or would.
func (t *table) at(key uint64) *slot {
	mask := uint64(len(t.slots) - 1)
	for i := key >> t.shift; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.key == uint32(key) || s.key == 0 {
			return s
		}
	}
}

// room is how many keys there may be.
func (t *table) room() int { return len(t.slots) / 4 * 3 }

// put makes room for a key, and gives the place of its head.
func (t *table) put(key uint64) *int32 {
	s := t.at(key)
	if s.key == 0 {
		s.key = uint32(key)
		t.used++
	}
	return &s.head
}

// get gives the head of a key's places, 0 if there are none; some: a name has it or
// goes on behind it.
func (t *table) get(key uint64) (head int32, some bool) {
	s := t.at(key)
	return s.head, s.key != 0
}
