package bus

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go/sasl/scram"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestIdentities: with and without a login, of topics that are there and not.
func TestIdentities(t *testing.T) {
	for _, c := range []struct {
		name, password, want string
		opts                 []kfake.Opt
	}{
		{name: "open"},
		{name: "login", password: "secret", opts: []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "u", "secret")}},
		{name: "wrong password", password: "guess", want: "ids of topics from 127.0.0.1:", opts: []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "u", "secret")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := kfake.NewCluster(append(c.opts, kfake.NumBrokers(1), kfake.SeedTopics(1, "a", "b"))...)
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			b, err := Connect(Config{KafkaBrokers: k.ListenAddrs()}, zerolog.Nop())
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if c.password != "" {
				if b.transport.SASL, err = scram.Mechanism(scram.SHA512, "u", c.password); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ids, err := b.identities(ctx, []string{"a", "b", "none"})
			for c.want == "" && err != nil && ctx.Err() == nil { // a busy machine is too slow for it
				ids, err = b.identities(ctx, []string{"a", "b", "none"})
			}
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatal(err)
				}
				return
			}
			if err != nil || len(ids) != 2 || !ids["a"].other(ids["b"]) || ids["a"].other(ids["a"]) || parseIdentity(ids["a"].String()) != ids["a"] {
				t.Fatal(ids, err)
			}
		})
	}
}

func TestUnknownIdentities(t *testing.T) {
	known := identity{1}
	for _, s := range []string{"", "00", strings.Repeat("0", 32), strings.Repeat("x", 32), strings.Repeat("1", 34)} {
		if parseIdentity(s).other(known) || known.other(parseIdentity(s)) {
			t.Errorf("%q counts as another topic", s)
		}
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	req := kmsg.NewPtrMetadataRequest()
	req.Version = metadataVersion
	good := kmsg.NewPtrMetadataResponse()
	good.Version = metadataVersion
	rt := kmsg.NewMetadataResponseTopic()
	rt.Topic, rt.TopicID = new("a"), [16]byte{1}
	good.Topics = append(good.Topics, rt)
	f.Add(good.AppendTo([]byte{0, 0, 0, 1, 0}))
	f.Add([]byte{0, 0, 0, 2, 0})
	f.Add([]byte{0, 0, 0, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		resp := kmsg.NewPtrMetadataResponse()
		if err := decodeAnswer(b, 1, req, resp); err == nil && (len(b) < 5 || b[3] != 1) {
			t.Fatalf("%x is taken for an answer", b)
		}
	})
}
