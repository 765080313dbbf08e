package bus

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// identityWatch is how often it is looked whether topics are still the ones
// that they were; it is done at once, too, when a partition can't be read.
const identityWatch = partitionWatch / 2

const (
	// metadataVersion is the first one whose answers have the ids of topics:
	// Kafka 2.8.
	metadataVersion = 10
	maxAnswer       = 16 << 20
	// brokerTimeout is how long one broker may take, so that one which hangs
	// doesn't take the time that the others have.
	brokerTimeout = 3 * time.Second
)

// identity is Kafka's own id of a topic. A topic that was deleted and created
// anew has another one, whatever its offsets are: without it, a reader that
// stood at offset 1000 of the old topic would go on at offset 1000 of the new
// one, and never see what lies before. The zero identity is unknown.
type identity [16]byte

func (i identity) String() string { return hex.EncodeToString(i[:]) }

// parseIdentity reads what String wrote; anything else is unknown.
func parseIdentity(s string) identity {
	var i identity
	if b, err := hex.DecodeString(s); err == nil && len(b) == len(i) {
		copy(i[:], b)
	}
	return i
}

// other tells whether both are known and differ.
func (i identity) other(o identity) bool { return i != identity{} && o != identity{} && i != o }

// identities asks for the ids of topics, by their full names. One that doesn't
// exist is missing in the answer.
func (b *Bus) identities(ctx context.Context, full []string) (map[string]identity, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	d, err := b.describe(ctx, full)
	if err != nil {
		return nil, fmt.Errorf("ids of %w", err)
	}
	ids := map[string]identity{}
	for name, t := range d.topics {
		switch {
		case !t.there:
		case t.err == nil, errors.Is(t.err, kafka.LeaderNotAvailable):
			ids[name] = t.id
		default:
			return nil, fmt.Errorf("ids of topics: topic %s: %w", name, t.err)
		}
	}
	return ids, nil
}

// TopicID is Kafka's own id of a topic: one that was deleted and created anew has another.
func (b *Bus) TopicID(ctx context.Context, name string) ([16]byte, error) {
	full := b.ns.Name(name)
	ids, err := b.identities(ctx, []string{full})
	if err != nil {
		return identity{}, err
	}
	id, ok := ids[full]
	if !ok {
		return id, fmt.Errorf("id of topic %s: %w", name, kafka.UnknownTopicOrPartition)
	}
	return id, nil
}

// described is what one broker knows, now.
type described struct {
	brokers []string // addresses of all
	topics  map[string]describedTopic
}

type describedTopic struct {
	there      bool
	id         identity
	partitions []int
	err        error
	unled      error // why not all partitions can be used
}

// describe asks the first of the brokers that answers about topics, by their
// full names. kafka-go's protocol ends before topics had ids, and its answers
// may come from a cache, so the question is asked by hand, on a connection of
// its own.
func (b *Bus) describe(ctx context.Context, full []string) (described, error) {
	var errs []error
	for _, addr := range b.cfg.KafkaBrokers {
		one, cancel := context.WithTimeout(ctx, brokerTimeout)
		d, err := b.describeFrom(one, addr, full)
		cancel()
		if err == nil {
			return d, nil
		}
		errs = append(errs, err)
	}
	return described{}, errors.Join(errs...)
}

func (b *Bus) describeFrom(ctx context.Context, addr string, full []string) (described, error) {
	conn, err := b.dial(ctx, addr)
	if err != nil {
		return described{}, fmt.Errorf("topics from %s: %w", addr, b.explain(err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(longAgo()) })()
	req := kmsg.NewPtrMetadataRequest()
	req.Version = metadataVersion
	req.AllowAutoTopicCreation = false
	for _, name := range full {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = new(name)
		req.Topics = append(req.Topics, t)
	}
	resp := kmsg.NewPtrMetadataResponse()
	if err := ask(conn, req, resp); err != nil {
		return described{}, fmt.Errorf("topics from %s: %w", addr, err)
	}
	d := described{topics: map[string]describedTopic{}}
	for _, br := range resp.Brokers {
		d.brokers = append(d.brokers, net.JoinHostPort(br.Host, strconv.Itoa(int(br.Port))))
	}
	for _, t := range resp.Topics {
		if t.Topic == nil {
			return described{}, fmt.Errorf("topics from %s: a topic without a name", addr)
		}
		err := kafka.Error(t.ErrorCode)
		dt := describedTopic{there: err != kafka.UnknownTopicOrPartition, id: t.TopicID}
		if t.ErrorCode != 0 {
			dt.err = err
		}
		for _, p := range t.Partitions {
			dt.partitions = append(dt.partitions, int(p.Partition))
			if p.ErrorCode != 0 || p.Leader < 0 {
				dt.unled = fmt.Errorf("partition %d: %w", p.Partition, cmp.Or(kafka.Error(p.ErrorCode), kafka.LeaderNotAvailable))
			}
		}
		d.topics[*t.Topic] = dt
	}
	return d, nil
}

// longAgo is a deadline that ends what is under way.
func longAgo() time.Time { return time.Unix(1, 0) }

// dial connects as the transport does, whose dialing speaks TLS if need be.
func (b *Bus) dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	dial := d.DialContext
	if b.transport.Dial != nil {
		dial = b.transport.Dial
	}
	conn, err := dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if t, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(t)
	}
	if err == nil && b.transport.SASL != nil {
		stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(longAgo()) })
		err = b.authenticate(ctx, conn)
		stop()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func (b *Bus) authenticate(ctx context.Context, conn net.Conn) error {
	mech := b.transport.SASL
	hello := kmsg.NewPtrSASLHandshakeRequest()
	hello.Version, hello.Mechanism = 1, mech.Name()
	agreed := kmsg.NewPtrSASLHandshakeResponse()
	if err := ask(conn, hello, agreed); err != nil {
		return err
	}
	if agreed.ErrorCode != 0 {
		return fmt.Errorf("mechanism %s: %w", mech.Name(), kafka.Error(agreed.ErrorCode))
	}
	session, say, err := mech.Start(ctx)
	if err != nil {
		return err
	}
	for done := false; !done; {
		req := kmsg.NewPtrSASLAuthenticateRequest()
		req.Version, req.SASLAuthBytes = 1, say
		resp := kmsg.NewPtrSASLAuthenticateResponse()
		if err := ask(conn, req, resp); err != nil {
			return err
		}
		if resp.ErrorCode != 0 {
			return kafka.Error(resp.ErrorCode)
		}
		if done, say, err = session.Next(ctx, resp.SASLAuthBytes); err != nil {
			return err
		}
	}
	return nil
}

// ask sends req and reads its answer into resp.
func ask(conn net.Conn, req kmsg.Request, resp kmsg.Response) error {
	_, err := askInto(nil, conn, req, resp)
	return err
}

// askInto reads the answer into buf, if it is large enough, and gives what it
// was read into: resp points there.
func askInto(buf []byte, conn net.Conn, req kmsg.Request, resp kmsg.Response) ([]byte, error) {
	const number = 1
	out := kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID)).AppendRequest(nil, req, number)
	if _, err := conn.Write(out); err != nil {
		return buf, err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return buf, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxAnswer {
		return buf, fmt.Errorf("an answer of %d bytes, the limit is %d", n, maxAnswer)
	}
	buf = slices.Grow(buf[:0], int(n))[:n]
	if _, err := io.ReadFull(conn, buf); err != nil {
		return buf, err
	}
	return buf, decodeAnswer(buf, number, req, resp)
}

// decodeAnswer reads an answer behind its size: the request's number, tags if
// the version has them (there are none yet), and what resp is.
func decodeAnswer(body []byte, number uint32, req kmsg.Request, resp kmsg.Response) error {
	if len(body) < 4 || binary.BigEndian.Uint32(body) != number {
		return errors.New("an answer to another question")
	}
	body = body[4:]
	if req.IsFlexible() {
		if len(body) == 0 || body[0] != 0 {
			return errors.New("an answer with unknown tags")
		}
		body = body[1:]
	}
	resp.SetVersion(req.GetVersion())
	return resp.ReadFrom(body)
}
