package event

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event/internal/pb"
	"github.com/copytaster/copytaster/pkg/stage"
)

// MaxOverride is the largest override in bytes, encoded. All of them are held in
// memory by whoever enriches.
const MaxOverride = 1 << 20

// EncodeOverride makes the row of an override in [topic.Overrides]. The same
// override gives the same bytes; one that is too large is refused.
func EncodeOverride(o *article.Override) ([]byte, error) {
	w := &writer{}
	p := &pb.Override{Uri: string(o.URI), Number: w.int("number", o.Number)}
	for i := range o.Corrections {
		c := &o.Corrections[i]
		v := c.Value
		v.Status = article.Usable // an article has one
		value, err := toProto(&v, Enriched)
		if err != nil {
			return nil, stage.Permanent(fmt.Errorf("override of %s: %s: %w", o.URI, c.Field, err))
		}
		q := &pb.Correction{
			Corrected: w.corrected(&c.Corrected), Reason: c.Reason, Value: value, Text: c.Text, Known: c.Known,
		}
		for _, s := range c.Passages {
			q.Passages = append(q.Passages, &pb.Passage{
				Start: w.int("passages", s.Start), End: w.int("passages", s.End),
				Sentence: s.Sentence, Nth: w.int("passages", s.Nth), Alike: w.int("passages", s.Alike),
			})
		}
		p.Corrections = append(p.Corrections, q)
	}
	if w.err != nil {
		return nil, stage.Permanent(fmt.Errorf("override of %s: %w", o.URI, w.err))
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return nil, stage.Permanent(fmt.Errorf("override of %s: %w", o.URI, err))
	}
	if len(b) > MaxOverride {
		return nil, stage.Permanent(fmt.Errorf("override of %s has %d bytes, the limit is %d", o.URI, len(b), MaxOverride))
	}
	return b, nil
}

// DecodeOverride reads what [EncodeOverride] made. Fields of a later version are
// ignored.
func DecodeOverride(key string, value []byte) (article.Override, error) {
	o, err := decodeOverride(value)
	if err == nil && string(o.URI) != key {
		err = fmt.Errorf("it is of %s", quote([]byte(o.URI)))
	}
	if err != nil {
		return article.Override{}, stage.Permanent(fmt.Errorf("override of %s can't be read: %w", quote([]byte(key)), err))
	}
	return o, nil
}

func decodeOverride(value []byte) (article.Override, error) {
	var p pb.Override
	if err := proto.Unmarshal(value, &p); err != nil {
		return article.Override{}, err
	}
	o := article.Override{URI: article.URI(p.GetUri()), Number: int(p.GetNumber())}
	if o.Number < 1 {
		return o, fmt.Errorf("it has number %d", o.Number)
	}
	r := &reader{}
	for _, q := range p.GetCorrections() {
		c := article.Correction{Corrected: r.corrected(q.GetCorrected()), Reason: q.GetReason(), Text: q.GetText(), Known: q.GetKnown()}
		var err error
		if c.Value, err = fromProto(q.GetValue()); err != nil {
			return o, fmt.Errorf("%s: %w", c.Field, err)
		}
		c.Value.Status = ""
		words := 0
		for _, s := range q.GetPassages() {
			c.Passages = append(c.Passages, article.Passage{
				Span: article.Span{Start: int(s.GetStart()), End: int(s.GetEnd())}, Sentence: s.GetSentence(), Nth: int(s.GetNth()), Alike: int(s.GetAlike()),
			})
			words += int(s.GetEnd() - s.GetStart())
			if s.GetStart() < 0 || s.GetEnd() <= s.GetStart() || s.GetNth() < 0 || s.GetNth() >= s.GetAlike() {
				r.fail("%s: passage %d-%d, %d of %d, is none", c.Field, s.GetStart(), s.GetEnd(), s.GetNth(), s.GetAlike())
			}
		}
		if words != len(c.Value.Text) {
			r.fail("%s: passages of %d bytes have %d bytes of words", c.Field, words, len(c.Value.Text))
		}
		if !slices.IsSorted(c.Known) {
			r.fail("%s: what was known is not in order", c.Field)
		}
		o = o.Set(c)
	}
	return o, r.err
}

func (w *writer) corrected(c *article.Corrected) *pb.Corrected {
	return &pb.Corrected{Field: c.Field, Who: c.Who, At: w.time("corrections", c.At), Unseen: c.Unseen}
}

func (r *reader) corrected(p *pb.Corrected) article.Corrected {
	return article.Corrected{Field: p.GetField(), Who: p.GetWho(), At: r.time("corrections", p.GetAt()), Unseen: p.GetUnseen()}
}

// corrections writes what editors corrected.
func (w *writer) corrections(p *pb.Article, c *article.Corrections) {
	if c.Number == 0 && len(c.Fields) == 0 {
		return
	}
	p.Corrections = &pb.Corrections{Number: w.int("corrections", c.Number)}
	for i := range c.Fields {
		p.Corrections.Fields = append(p.Corrections.Fields, w.corrected(&c.Fields[i]))
	}
}

// corrections reads what editors corrected.
func (r *reader) corrections(p *pb.Corrections) article.Corrections {
	c := article.Corrections{Number: int(p.GetNumber())}
	for _, f := range p.GetFields() {
		c.Fields = append(c.Fields, r.corrected(f))
	}
	return c
}
