package topics

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/lexicon"
)

// Prefixes of codes that agencies send.
const (
	mediaTopic  = "medtop:"
	subjectCode = "subj:"
)

// codes tell which topics the agencies' codes mean.
type codes struct {
	scheme *scheme
	byCode map[string]int32 // in lower case
}

func readCodes(dir fs.FS, name string, s *scheme) (*codes, error) {
	c := &codes{scheme: s, byCode: map[string]int32{}}
	return c, lexicon.EachLine(dir, name, func(line string) error {
		code, topic, ok := strings.Cut(line, "\t")
		if !ok {
			return fmt.Errorf("%q is no code with a topic behind a tab", line)
		}
		t, err := s.find(topic)
		if err != nil {
			return err
		}
		code = strings.ToLower(code)
		if _, twice := c.byCode[code]; twice {
			return fmt.Errorf("%s is there twice", code)
		}
		c.byCode[code] = t
		return nil
	})
}

// topic is the topic that a subject means, or none. A subject code that isn't
// known means what the longest known one above it does.
func (c *codes) topic(sub article.Subject) int32 {
	code := strings.ToLower(sub.Code)
	if strings.HasPrefix(code, mediaTopic) {
		if t, ok := c.scheme.byCode[code]; ok {
			return t
		}
		return none
	}
	// IPTC 7901 allows several categories, the first one is the message's.
	if i := strings.IndexByte(code, ','); i > 0 {
		code = code[:i]
	}
	if t, ok := c.byCode[code]; ok {
		return t
	}
	digits, ok := strings.CutPrefix(code, subjectCode)
	if !ok || len(digits) != subjectDigits || strings.Trim(digits, "0123456789") != "" {
		return none
	}
	for _, n := range []int{5, 2} {
		if t, ok := c.byCode[subjectCode+digits[:n]+zeros[n:]]; ok {
			return t
		}
	}
	return none
}

// A subject code has two digits for the subject, three each for matter and
// detail.
const (
	subjectDigits = 8
	zeros         = "00000000"
)
