package format_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// The fields by which it is counted whether a file is read.
const (
	headline = iota
	body
	identity
	status
	essentials
)

// lacking are the files that have no such field themselves, in one of their
// articles, and why. It is said by hand, after the file: what a decoder doesn't
// find is not what there isn't.
var lacking = map[string]struct {
	fields []int
	why    string
}{
	"anpa1312/advisory.tst":                         {[]int{body}, "an advisory: all of it is for editors"},
	"anpa1312/bulletin.tst":                         {[]int{headline}, "a bulletin is one sentence"},
	"anpa1312/kill.tst":                             {[]int{headline, body}, "a kill"},
	"anpa1312/kill_unknown.tst":                     {[]int{headline, body}, "a kill whose article can't be told"},
	"anpa1312/take2.tst":                            {[]int{headline}, "a later take"},
	"atom/deleted.xml":                              {[]int{headline, body}, "deleted entries"},
	"html/front.html":                               {[]int{identity}, "a page without an address"},
	"html/short.html":                               {[]int{identity}, "a page without an address"},
	"iptc7901/flash_no_date.tst":                    {[]int{body, identity}, "a flash is its headline, and this one has a number and no day"},
	"iptc7901/hold.tst":                             {[]int{headline, body}, "a hold"},
	"iptc7901/kill.tst":                             {[]int{headline, body}, "a kill"},
	"iptc7901/kill_unknown.tst":                     {[]int{headline, body}, "a kill whose article can't be told"},
	"iptc7901/ritzau_kill.tst":                      {[]int{headline, body}, "a kill"},
	"jsonfeed/news.json":                            {[]int{headline}, "one of the items has no title"},
	"mail/attachments.eml":                          {[]int{headline}, "one of the attachments is plain text"},
	"mail/embargo_attachment.eml":                   {[]int{headline}, "the attachment is plain text"},
	"mail/forwarded.eml":                            {[]int{body}, "the mail around the forwarded one is for editors"},
	"mail/kill.eml":                                 {[]int{body}, "a kill"},
	"mail/kill_unknown.eml":                         {[]int{body}, "a kill whose article can't be told"},
	"mail/no_message_id.eml":                        {[]int{identity}, "a mail without Message-ID"},
	"newsml/canceled.xml":                           {[]int{headline, body}, "a kill"},
	"newsml/photo.xml":                              {[]int{body}, "a picture"},
	"newsml/several.xml":                            {[]int{body}, "headlines alone"},
	"newsml/withheld.xml":                           {[]int{headline, body}, "a hold"},
	"newsmlg2/audio.xml":                            {[]int{body}, "a sound"},
	"newsmlg2/caption_alone.xml":                    {[]int{body}, "a picture"},
	"newsmlg2/kill.xml":                             {[]int{headline, body}, "a kill"},
	"newsmlg2/message.xml":                          {[]int{body}, "one of the items is a picture"},
	"newsmlg2/package.xml":                          {[]int{body}, "a package"},
	"newsmlg2/package_killed.xml":                   {[]int{headline, body}, "a kill"},
	"newsmlg2/picture.xml":                          {[]int{body}, "a picture"},
	"newsmlg2/picture_alone.xml":                    {[]int{body}, "a picture"},
	"newsmlg2/remote_only.xml":                      {[]int{body}, "the text is elsewhere"},
	"newsmlg2/video_prefix.xml":                     {[]int{body}, "a video"},
	"newsmlg2/withheld.xml":                         {[]int{headline, body}, "a hold"},
	"ninjs/1.4-ninjs-1-4-examples.json":             {[]int{body}, "a caption alone"},
	"ninjs/2.1-ap_image.json":                       {[]int{body}, "a picture"},
	"ninjs/2.1-ap_video.json":                       {[]int{body}, "a video"},
	"ninjs/2.1-imageLinkedRights.json":              {[]int{body}, "a picture"},
	"ninjs/3.0-20231004-UEFA-ChampionLeague.json":   {[]int{body}, "a description alone"},
	"ninjs/3.0-20231016-event-timeline-sample.json": {[]int{body}, "events"},
	"ninjs/3.0-ap_image.json":                       {[]int{body}, "a picture"},
	"ninjs/3.0-ap_video.json":                       {[]int{body}, "a video"},
	"ninjs/3.0-imageEncodedRights.json":             {[]int{body}, "a picture"},
	"ninjs/3.0-imageLinkedRights.json":              {[]int{body}, "a picture"},
	"ninjs/3.0-ntb_text.json":                       {[]int{body}, "a description alone"},
	"ninjs/3.0-simpleEvent.json":                    {[]int{body}, "an event"},
	"ninjs/kill_1.json":                             {[]int{headline, body}, "a kill"},
	"ninjs/package_1.json":                          {[]int{body}, "a package of a text and pictures"},
	"ninjs/package_3.json":                          {[]int{body}, "a package of texts"},
	"nitf/kill.xml":                                 {[]int{headline, body}, "a kill"},
	"nitf/kill_advisory.xml":                        {[]int{headline, body}, "an advisory that makes a kill"},
	"nitf/no_docdata.xml":                           {[]int{identity}, "a document without ids"},
	"nitf/no_head.xml":                              {[]int{identity}, "a document without ids"},
	"rss/latin.xml":                                 {[]int{body}, "items of a title alone"},
	"rss/rdf.xml":                                   {[]int{body}, "a description alone"},
	"text/agency.txt":                               {[]int{headline, identity}, plainText},
	"text/damaged.txt":                              {[]int{headline, identity}, plainText},
	"text/latin.txt":                                {[]int{headline, identity}, plainText},
	"text/scraped.txt":                              {[]int{headline, identity}, plainText},
	"text/utf16.txt":                                {[]int{headline, identity}, plainText},
}

const plainText = "plain text: its headline is found by enrich"

// statuses are those of the articles of each file of which not all are usable, in
// their order, as the file states them.
var statuses = map[string]string{
	"anpa1312/embargo_day.tst": "withheld", "anpa1312/kill.tst": "canceled", "atom/deleted.xml": "withheld usable withheld",
	"iptc7901/embargo_unresolved.tst": "withheld", "iptc7901/hold.tst": "withheld", "iptc7901/kill.tst": "canceled", "iptc7901/ritzau_kill.tst": "canceled",
	"mail/forwarded.eml": "withheld withheld", "mail/kill.eml": "canceled",
	"newsml/canceled.xml": "canceled", "newsml/withheld.xml": "withheld",
	"newsmlg2/embargo_nil.xml": "withheld", "newsmlg2/hold_signal.xml": "withheld", "newsmlg2/kill.xml": "canceled", "newsmlg2/package_killed.xml": "canceled", "newsmlg2/withheld.xml": "withheld",
	"ninjs/items.json": "usable canceled", "ninjs/kill_1.json": "canceled", "ninjs/lines.json": "withheld usable",
	"nitf/embargo_without_end.xml": "withheld", "nitf/kill.xml": "canceled", "nitf/kill_advisory.xml": "usable canceled", "nitf/reuters_withdrawn.xml": "canceled",
	"text/agency.txt": "withheld",
}

// readings count files: those that have a field, and those in which it is read in
// each article.
type readings struct {
	files, whole int // whole: all is read that the file has
	has, read    [essentials]int
}

func (r *readings) add(o *readings) {
	r.files, r.whole = r.files+o.files, r.whole+o.whole
	for i := range essentials {
		r.has[i], r.read[i] = r.has[i]+o.has[i], r.read[i]+o.read[i]
	}
}

func (r *readings) of(i int) string { return fmt.Sprintf("%d of %d", r.read[i], r.has[i]) }

// essential tells of each field whether all of a file's articles have it. Without
// its id and status an article is not read; without text it may be a picture.
func essential(name string, as []article.Article) (read [essentials]bool) {
	var states []string
	read = [essentials]bool{headline: true, body: true, identity: true}
	for i := range as {
		a := &as[i]
		states = append(states, string(a.Status))
		read[headline] = read[headline] && a.First(article.Headline) != ""
		read[body] = read[body] && (a.Body() != "" || a.First(article.Unknown) != "")
		read[identity] = read[identity] && a.URI != "" && !slices.Contains(a.Flags, article.FlagIdentityFromText)
	}
	said := strings.Join(states, " ")
	want, ok := statuses[name]
	read[status] = said == want || !ok && strings.Trim(strings.ReplaceAll(said, string(article.Usable), ""), " ") == ""
	return read
}

// readFiles are the counts of the table's rows, by name.
func readFiles(t *testing.T) map[string]*readings {
	t.Helper()
	rows := map[string]*readings{}
	used := map[string]bool{}
	for _, g := range goldens(t) {
		row := g.format
		if _, is := examples[g.name]; is {
			row += exampleRow
		}
		if rows[row] == nil {
			rows[row] = &readings{}
		}
		r, lacks := rows[row], lacking[g.name].fields
		read := essential(g.name, decodeGolden(t, g))
		used[g.name] = true
		r.files++
		whole := true
		for i := range essentials {
			none := slices.Contains(lacks, i)
			switch {
			case none && read[i]:
				t.Errorf("%s has a %s, and is said to have none", g.name, essentialNames[i])
			case none:
				continue
			case read[i]:
				r.read[i]++
			default:
				whole = false
				t.Logf("%s: the %s is not read", g.name, essentialNames[i])
			}
			r.has[i]++
		}
		if whole {
			r.whole++
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(lacking)), slices.Collect(maps.Keys(statuses))) {
		if !used[name] {
			t.Errorf("there is no file %s", name)
		}
	}
	return rows
}

// exampleRow marks the row of the files that IPTC publishes with the standard.
const exampleRow = ", IPTC's examples"

var essentialNames = [essentials]string{"headline", "body", "identity", "status"}

// readTable is the table of what is read of how many files, and the sentence that
// the service's README has of it.
func readTable(t *testing.T) (table, sentence string) {
	t.Helper()
	rows := readFiles(t)
	var b strings.Builder
	b.WriteString("\n## Files that are read\n\nFiles in which the field is read in every article, of those that have it at all. status: as the file states it. whole: all four, as far as the file has them.\n\n| format | files | headline | body | identity | status | whole |\n|---|---:|---:|---:|---:|---:|---:|\n")
	row := func(name string, r *readings) {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s | %d of %d |\n", name, r.files, r.of(headline), r.of(body), r.of(identity), r.of(status), r.whole, r.files)
	}
	var published, own, all readings
	for _, f := range format.Names() {
		if r := rows[f+exampleRow]; r != nil {
			row(f+exampleRow, r)
			published.add(r)
		}
		if r := rows[f]; r != nil {
			row(f, r)
			own.add(r)
		}
	}
	all.add(&published)
	all.add(&own)
	row("all", &all)
	b.WriteString("\nThese files don't have all of it themselves:\n\n| file | has no | what it is |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(lacking)) {
		var none []string
		for _, i := range lacking[name].fields {
			none = append(none, essentialNames[i])
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, strings.Join(none, ", "), lacking[name].why)
	}
	n := rows["ninjs"+exampleRow]
	sentence = fmt.Sprintf("Of the %d examples that IPTC publishes with ninjs the headline is read in %s that have one, the body in %s, identity in %s, status in %s; of all %d test files in %d formats the headline in %s, the body in %s, identity in %s, status in %s.",
		n.files, n.of(headline), n.of(body), n.of(identity), n.of(status), all.files, len(format.Names()), all.of(headline), all.of(body), all.of(identity), all.of(status))
	if all.whole*100 < all.files*95 || n.whole < n.files {
		t.Errorf("%d of %d files are read whole, and %d of %d examples of ninjs; want 95 %%, and all", all.whole, all.files, n.whole, n.files)
	}
	return b.String(), sentence
}

// TestReadmeSaysHowMuchIsRead holds the figures in the service's README.
func TestReadmeSaysHowMuchIsRead(t *testing.T) {
	_, sentence := readTable(t)
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), sentence) {
		t.Errorf("the README should say: %s", sentence)
	}
}
