package bus

import (
	"strings"
	"time"
	"unicode"
)

// sayEvery is how often the log has a failure that comes again and again.
const sayEvery = 30 * time.Second

// said is when which failures were logged last. The zero value is ready.
type said map[string]time.Time

// news tells whether err is to be logged: none like it was for sayEvery.
// Digits make no difference, they are ports and ids.
func (s *said) news(err error) bool {
	text := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, err.Error())
	now := time.Now()
	for t, at := range *s {
		if now.Sub(at) >= sayEvery {
			delete(*s, t)
		}
	}
	if _, old := (*s)[text]; old {
		return false
	}
	if *s == nil {
		*s = said{}
	}
	(*s)[text] = now
	return true
}
