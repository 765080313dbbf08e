package event

import (
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/event/internal/pb"
)

// writer collects the first thing that protobuf can't carry.
type writer struct {
	err error
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// toProto leaves out of the original what is not for events of type t.
func toProto(a *article.Article, t Type) (*pb.Article, error) {
	w := &writer{}
	p := &pb.Article{
		Uri: string(a.URI), Version: a.Version, Revision: int64(a.Revision), Status: statuses[a.Status],
		EmbargoUntil: w.time("embargo_until", a.EmbargoUntil),
		ExpiresAt:    w.time("expires_at", a.ExpiresAt),
		Source:       a.Source, Provider: a.Provider, Url: a.URL, Text: a.Text,
		Language: w.label("language", a.Language), Agency: w.label("agency", a.Agency),
		Attribution:    attributionToProto(a.Attribution),
		Urgency:        w.int("urgency", a.Urgency),
		PublishedAt:    w.time("published_at", a.PublishedAt),
		VersionCreated: w.time("version_created", a.VersionCreated),
		ReceivedAt:     w.time("received_at", a.ReceivedAt),
		Original:       w.original(a.Original, t),
		Flags:          a.Flags,
		EvolvedFrom:    texts[string](a.EvolvedFrom),
	}
	if n := a.Notice; n != nil {
		p.Notice = &pb.Notice{Action: string(n.Action), Who: n.Who, Reason: n.Reason, Lifts: w.time("notice", n.Lifts)}
	}
	for _, s := range a.Segments {
		p.Segments = append(p.Segments, &pb.Segment{Kind: string(s.Kind), Evidence: w.evidence("segments", s.Evidence)})
	}
	for _, l := range a.CitedMedia {
		p.CitedMedia = append(p.CitedMedia, w.label("cited_media", l))
	}
	for _, c := range a.Credits {
		p.Credits = append(p.Credits, &pb.Credit{Evidence: w.evidence("credits", c.Evidence), Photographer: c.Photographer, Agencies: c.Agencies})
	}
	w.reading(p, a)
	w.about(p, a)
	w.corrections(p, &a.Corrections)
	for _, s := range a.Subjects {
		p.Subjects = append(p.Subjects, &pb.Subject{Code: s.Code, Name: s.Name})
	}
	for _, i := range a.Images {
		p.Images = append(p.Images, &pb.Image{Url: i.URL, MediaType: i.MediaType, Caption: i.Caption, Credit: i.Credit})
	}
	return p, w.err
}

// texts is a list of strings of one type as one of another; nil of none.
func texts[To, From ~string](from []From) []To {
	if len(from) == 0 {
		return nil
	}
	to := make([]To, len(from))
	for i, s := range from {
		to[i] = To(s)
	}
	return to
}

var statuses = map[article.Status]pb.Status{
	article.Usable:   pb.Status_STATUS_USABLE,
	article.Withheld: pb.Status_STATUS_WITHHELD,
	article.Canceled: pb.Status_STATUS_CANCELED,
}

func (w *writer) int(field string, n int) int32 {
	if n < math.MinInt32 || n > math.MaxInt32 {
		w.fail("%s: %d does not fit into 32 bits", field, n)
	}
	return int32(n)
}

func (w *writer) time(field string, t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	ts := timestamppb.New(t)
	if err := ts.CheckValid(); err != nil {
		w.fail("%s: %w", field, err)
	}
	return ts
}

func (w *writer) evidence(field string, e article.Evidence) *pb.Evidence {
	if e == (article.Evidence{}) {
		return nil
	}
	return &pb.Evidence{
		Start: w.int(field, e.Start), End: w.int(field, e.End),
		Enricher: e.Enricher, Version: w.int(field, e.Version), Confidence: e.Confidence,
	}
}

func (w *writer) label(field string, l article.Label) *pb.Label {
	if l.Value == "" && len(l.Evidence) == 0 {
		return nil
	}
	return &pb.Label{Value: l.Value, Evidence: w.evidences(field, l.Evidence)}
}

func (w *writer) evidences(field string, es []article.Evidence) []*pb.Evidence {
	ps := make([]*pb.Evidence, len(es))
	for i, e := range es {
		if ps[i] = w.evidence(field, e); ps[i] == nil {
			ps[i] = &pb.Evidence{} // a list has no place for nothing: an empty entry stands for it
		}
	}
	return ps
}

func attributionToProto(a article.Attribution) *pb.Attribution {
	if a.Publisher == "" && a.Via == "" && len(a.Cites) == 0 {
		return nil
	}
	return &pb.Attribution{Publisher: a.Publisher, Via: a.Via, Cites: a.Cites}
}

func (w *writer) original(o article.Original, t Type) *pb.Original {
	p := &pb.Original{Size: o.Size, Hash: o.Hash, Format: o.Format, MediaType: o.MediaType, Charset: o.Charset, Name: o.Name, Archived: o.Archived}
	if t == Received {
		p.Bytes = o.Bytes
	}
	// An address may hold a token: it is for the logs between the services.
	if s := o.Stated; s != (article.Stated{}) && (t == Received || t == Enriched) {
		p.Stated = &pb.Stated{Url: s.URL, MediaType: s.MediaType, Charset: s.Charset, PublishedAt: w.time("stated.published_at", s.PublishedAt)}
	}
	if proto.Size(p) == 0 {
		return nil
	}
	return p
}

// reader collects the first thing that is wrong with what was read.
type reader struct {
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func fromProto(p *pb.Article) (article.Article, error) {
	r := &reader{}
	a := article.Article{
		URI: article.URI(p.GetUri()), Version: p.GetVersion(), Revision: article.Revision(p.GetRevision()),
		Status:       r.status(p.GetStatus()),
		EmbargoUntil: r.time("embargo_until", p.GetEmbargoUntil()),
		ExpiresAt:    r.time("expires_at", p.GetExpiresAt()),
		Source:       p.GetSource(), Provider: p.GetProvider(), URL: p.GetUrl(), Text: p.GetText(),
		Language: label(p.GetLanguage()), Agency: label(p.GetAgency()),
		Attribution: article.Attribution{
			Publisher: p.GetAttribution().GetPublisher(), Via: p.GetAttribution().GetVia(), Cites: p.GetAttribution().GetCites(),
		},
		Urgency:        int(p.GetUrgency()),
		PublishedAt:    r.time("published_at", p.GetPublishedAt()),
		VersionCreated: r.time("version_created", p.GetVersionCreated()),
		ReceivedAt:     r.time("received_at", p.GetReceivedAt()),
		Flags:          p.GetFlags(),
		EvolvedFrom:    texts[article.URI](p.GetEvolvedFrom()),
	}
	if o := p.GetOriginal(); o != nil {
		a.Original = article.Original{
			Bytes: o.GetBytes(), Size: o.GetSize(), Hash: o.GetHash(), Format: o.GetFormat(),
			MediaType: o.GetMediaType(), Charset: o.GetCharset(), Name: o.GetName(), Archived: o.GetArchived(),
		}
		if s := o.GetStated(); s != nil {
			a.Original.Stated = article.Stated{
				URL: s.GetUrl(), MediaType: s.GetMediaType(), Charset: s.GetCharset(), PublishedAt: r.time("stated.published_at", s.GetPublishedAt()),
			}
		}
	}
	if n := p.GetNotice(); n != nil {
		a.Notice = &article.Notice{Action: article.Action(n.GetAction()), Who: n.GetWho(), Reason: n.GetReason(), Lifts: r.time("notice", n.GetLifts())}
	}
	if n := len(p.GetSegments()); n > 0 {
		a.Segments = make([]article.Segment, n)
		for i, s := range p.GetSegments() {
			a.Segments[i] = article.Segment{Kind: article.Kind(s.GetKind()), Evidence: evidence(s.GetEvidence())}
			if s.GetKind() == "" {
				r.fail("segments: segment %d has no kind", i)
			}
		}
	}
	for _, l := range p.GetCitedMedia() {
		a.CitedMedia = append(a.CitedMedia, label(l))
	}
	for _, c := range p.GetCredits() {
		a.Credits = append(a.Credits, article.Credit{
			Evidence: evidence(c.GetEvidence()), Photographer: c.GetPhotographer(), Agencies: c.GetAgencies(),
		})
	}
	r.reading(&a, p)
	about(&a, p)
	a.Corrections = r.corrections(p.GetCorrections())
	for _, s := range p.GetSubjects() {
		a.Subjects = append(a.Subjects, article.Subject{Code: s.GetCode(), Name: s.GetName()})
	}
	for _, i := range p.GetImages() {
		a.Images = append(a.Images, article.Image{URL: i.GetUrl(), MediaType: i.GetMediaType(), Caption: i.GetCaption(), Credit: i.GetCredit()})
	}
	if r.err != nil {
		return article.Article{}, fmt.Errorf("article %s: %w", quote([]byte(a.URI)), r.err)
	}
	return a, nil
}

func (r *reader) status(s pb.Status) article.Status {
	switch s {
	case pb.Status_STATUS_USABLE:
		return article.Usable
	case pb.Status_STATUS_WITHHELD:
		return article.Withheld
	case pb.Status_STATUS_CANCELED:
		return article.Canceled
	case pb.Status_STATUS_UNSPECIFIED:
		r.fail("status is not set")
	default:
		r.fail("status %d is unknown", s)
	}
	return ""
}

var errNoTime = errors.New("is no time between the years 1 and 9999")

func (r *reader) time(field string, t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	if t.CheckValid() != nil {
		r.fail("%s %w", field, errNoTime)
		return time.Time{}
	}
	return t.AsTime()
}

func evidence(p *pb.Evidence) article.Evidence {
	return article.Evidence{
		Span:     article.Span{Start: int(p.GetStart()), End: int(p.GetEnd())},
		Enricher: p.GetEnricher(), Version: int(p.GetVersion()), Confidence: p.GetConfidence(),
	}
}

func label(p *pb.Label) article.Label {
	return article.Label{Value: p.GetValue(), Evidence: evidences(p.GetEvidence())}
}

func evidences(ps []*pb.Evidence) []article.Evidence {
	var es []article.Evidence
	for _, p := range ps {
		es = append(es, evidence(p))
	}
	return es
}
