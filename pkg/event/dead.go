package event

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/pkg/topic"
)

// Headers of a dead letter, beside those of the message that it holds.
const (
	HeaderStage           = "ct_stage"
	HeaderError           = "ct_error"
	HeaderAttempts        = "ct_attempts"
	HeaderOriginTopic     = "ct_origin_topic"
	HeaderOriginPartition = "ct_origin_partition"
	HeaderOriginOffset    = "ct_origin_offset"
	HeaderOriginTime      = "ct_origin_time"
	HeaderAt              = "ct_at"
	// HeaderCut is only there when the message was too large for a letter:
	// "<bytes of the whole value> <its SHA-256, hex>", then " key=<bytes>" if the
	// key stands cut short, then " headers=<number>" of those that were left out.
	HeaderCut = "ct_cut"

	deadPrefix = "ct_"
)

// Limits of a dead letter.
const (
	// MaxDeadError is how many bytes of the error's text a letter keeps.
	MaxDeadError = 4 << 10
	// MaxDeadName is how many bytes of the stage's and the topic's name it keeps.
	MaxDeadName = 1 << 10
	// MaxDeadValue is how many bytes of the value it keeps: those of every article.
	MaxDeadValue = topic.MaxMessage
	// MaxDeadKey is how many bytes of the key it keeps.
	MaxDeadKey = 64 << 10
	// MaxDeadHeaders is how many bytes of the message's headers it keeps, with
	// headerBytes for each: the largest are left out.
	MaxDeadHeaders = 256 << 10
	// MaxDead is the most that key, value and headers of a letter have together,
	// counted so.
	MaxDead = MaxDeadValue + MaxDeadKey + MaxDeadHeaders + MaxDeadError + 2*MaxDeadName + deadRest

	headerBytes = 16      // Kafka's own for one header, at most
	deadRest    = 2 << 10 // names and other values of a letter's headers, and their headerBytes
)

// EncodeDead makes the message that holds d: the refused message's key, bytes
// and headers, and headers that say who refused it, why, and where it stood.
// There is a letter of every message, and none is larger than [MaxDead]: what
// is too large is cut, see [HeaderCut].
func EncodeDead(d stage.DeadLetter) stage.Message {
	m := stage.Message{Key: d.Message.Key, Value: d.Message.Value, Partition: -1}
	for _, h := range d.Message.Headers {
		// A letter that was sent again and refused again: the newer refusal counts.
		if !strings.HasPrefix(h.Key, deadPrefix) {
			m.Headers = append(m.Headers, h)
		}
	}
	cut := limit(&m)
	text := "unknown"
	if d.Err != nil {
		text = clip(strings.ToValidUTF8(d.Err.Error(), "�"), MaxDeadError)
	}
	add := func(key, value string) {
		m.Headers = append(m.Headers, stage.Header{Key: key, Value: []byte(value)})
	}
	add(HeaderStage, clip(d.Stage, MaxDeadName))
	add(HeaderError, text)
	add(HeaderAttempts, strconv.Itoa(d.Attempts))
	add(HeaderOriginTopic, clip(d.Message.Topic, MaxDeadName))
	add(HeaderOriginPartition, strconv.Itoa(d.Message.Partition))
	add(HeaderOriginOffset, strconv.FormatInt(d.Message.Offset, 10))
	if !d.Message.Time.IsZero() {
		add(HeaderOriginTime, d.Message.Time.UTC().Format(time.RFC3339Nano))
	}
	add(HeaderAt, d.At.UTC().Format(time.RFC3339Nano))
	if cut != "" {
		add(HeaderCut, cut)
	}
	return m
}

// limit cuts m to what a letter keeps, and gives the [HeaderCut]; "": all of it.
func limit(m *stage.Message) string {
	value, key := m.Value, m.Key
	m.Value, m.Key = value[:min(len(value), MaxDeadValue)], key[:min(len(key), MaxDeadKey)]
	out := dropLargest(m)
	if len(m.Value) == len(value) && len(m.Key) == len(key) && out == 0 {
		return ""
	}
	cut := fmt.Sprintf("%d %x", len(value), sha256.Sum256(value))
	if len(m.Key) < len(key) {
		cut += fmt.Sprintf(" key=%d", len(key))
	}
	if out > 0 {
		cut += fmt.Sprintf(" headers=%d", out)
	}
	return cut
}

// dropLargest leaves headers out until the others have MaxDeadHeaders at most,
// and says how many.
func dropLargest(m *stage.Message) int {
	size := func(i int) int { return headerSize(m.Headers[i]) }
	total := 0
	order := make([]int, len(m.Headers))
	for i := range order {
		order[i] = i
		total += size(i)
	}
	if total <= MaxDeadHeaders {
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int { return size(b) - size(a) })
	out := 0
	for ; total > MaxDeadHeaders; out++ {
		total -= size(order[out])
	}
	kept := order[out:]
	slices.Sort(kept)
	headers := make([]stage.Header, len(kept))
	for i, k := range kept {
		headers[i] = m.Headers[k]
	}
	m.Headers = headers
	return out
}

func headerSize(h stage.Header) int { return len(h.Key) + len(h.Value) + headerBytes }

// clip is the first n bytes of s at most, without half a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// DecodeDead reads what EncodeDead wrote. The message in the letter is as it
// was, without the letter's own headers, ready to be sent again, unless m has
// a [HeaderCut].
func DecodeDead(m stage.Message) (stage.DeadLetter, error) {
	fail := func(err error) (stage.DeadLetter, error) {
		return stage.DeadLetter{}, stage.Permanent(fmt.Errorf("dead letter %s/%d@%d: %w", m.Topic, m.Partition, m.Offset, err))
	}
	for _, key := range []string{HeaderStage, HeaderError, HeaderOriginTopic} {
		if !slices.ContainsFunc(m.Headers, func(h stage.Header) bool { return h.Key == key }) {
			return fail(fmt.Errorf("header %s is missing", key))
		}
	}
	d := stage.DeadLetter{Stage: m.Header(HeaderStage), Err: errors.New(m.Header(HeaderError))}
	d.Message = stage.Message{Key: m.Key, Value: m.Value, Topic: m.Header(HeaderOriginTopic)}
	for _, h := range m.Headers {
		if !strings.HasPrefix(h.Key, deadPrefix) {
			d.Message.Headers = append(d.Message.Headers, h)
		}
	}
	var err error
	if d.Attempts, err = strconv.Atoi(m.Header(HeaderAttempts)); err != nil {
		return fail(fmt.Errorf("header %s: %w", HeaderAttempts, err))
	}
	if d.Message.Partition, err = strconv.Atoi(m.Header(HeaderOriginPartition)); err != nil {
		return fail(fmt.Errorf("header %s: %w", HeaderOriginPartition, err))
	}
	if d.Message.Offset, err = strconv.ParseInt(m.Header(HeaderOriginOffset), 10, 64); err != nil {
		return fail(fmt.Errorf("header %s: %w", HeaderOriginOffset, err))
	}
	if s := m.Header(HeaderOriginTime); s != "" {
		if d.Message.Time, err = time.Parse(time.RFC3339Nano, s); err != nil {
			return fail(fmt.Errorf("header %s: %w", HeaderOriginTime, err))
		}
	}
	if d.At, err = time.Parse(time.RFC3339Nano, m.Header(HeaderAt)); err != nil {
		return fail(fmt.Errorf("header %s: %w", HeaderAt, err))
	}
	return d, nil
}
