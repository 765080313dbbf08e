package event

import (
	"crypto/sha256"
	"encoding/hex"
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
	// HeaderCut is only there when the value was too large for a message and
	// stands cut short: "<bytes of the whole> <its SHA-256, hex>".
	HeaderCut = "ct_cut"

	deadPrefix = "ct_"
)

// Limits of a dead letter.
const (
	// MaxDeadError is how many bytes of the error's text a letter keeps.
	MaxDeadError = 4 << 10
	// MaxDeadValue is how many bytes of the value it keeps: every message that
	// came through Kafka fits.
	MaxDeadValue = topic.MaxMessage
)

// EncodeDead makes the message that holds d: the refused message's key, bytes
// and headers, and headers that say who refused it, why, and where it stood.
// It can't fail: a letter must always be possible.
func EncodeDead(d stage.DeadLetter) stage.Message {
	m := stage.Message{Key: d.Message.Key, Value: d.Message.Value, Partition: -1}
	for _, h := range d.Message.Headers {
		// A letter that was sent again and refused again: the newer refusal counts.
		if !strings.HasPrefix(h.Key, deadPrefix) {
			m.Headers = append(m.Headers, h)
		}
	}
	text := "unknown"
	if d.Err != nil {
		text = strings.ToValidUTF8(d.Err.Error(), "�")
		if len(text) > MaxDeadError {
			n := MaxDeadError
			for !utf8.RuneStart(text[n]) {
				n--
			}
			text = text[:n]
		}
	}
	add := func(key, value string) {
		m.Headers = append(m.Headers, stage.Header{Key: key, Value: []byte(value)})
	}
	add(HeaderStage, d.Stage)
	add(HeaderError, text)
	add(HeaderAttempts, strconv.Itoa(d.Attempts))
	add(HeaderOriginTopic, d.Message.Topic)
	add(HeaderOriginPartition, strconv.Itoa(d.Message.Partition))
	add(HeaderOriginOffset, strconv.FormatInt(d.Message.Offset, 10))
	if !d.Message.Time.IsZero() {
		add(HeaderOriginTime, d.Message.Time.UTC().Format(time.RFC3339Nano))
	}
	add(HeaderAt, d.At.UTC().Format(time.RFC3339Nano))
	if n := len(m.Value); n > MaxDeadValue {
		sum := sha256.Sum256(m.Value)
		m.Value = m.Value[:MaxDeadValue]
		add(HeaderCut, strconv.Itoa(n)+" "+hex.EncodeToString(sum[:]))
	}
	return m
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
