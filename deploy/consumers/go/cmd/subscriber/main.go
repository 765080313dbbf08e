// Command subscriber keeps a folder with the newest articles, and lists it.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	subscriber "github.com/copytaster/copytaster/deploy/consumers/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "subscriber:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, say io.Writer) error {
	set := flag.NewFlagSet("subscriber", flag.ContinueOnError)
	set.SetOutput(say)
	set.Usage = func() {
		fmt.Fprintln(say, "usage: subscriber [options] follow|list")
		set.PrintDefaults()
	}
	brokers := set.String("brokers", "127.0.0.1:9092", "addresses of Kafka, by comma")
	namespace := set.String("namespace", "", "what stands before the topics' names")
	dir := set.String("dir", "copy", "folder of the copy")
	user := set.String("user", "", "user in Kafka (SCRAM-SHA-512, over TLS)")
	passwordFile := set.String("password-file", "", "file with the user's password")
	ca := set.String("ca-cert", "", "file of the certificates to trust; with it or a user Kafka is asked over TLS")
	if err := set.Parse(args); err != nil {
		return err
	}
	switch set.Arg(0) {
	case "list":
		es, err := subscriber.List(*dir)
		if err != nil {
			return err
		}
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		for _, entry := range es {
			if err := e.Encode(entry); err != nil {
				return err
			}
		}
		return nil
	case "follow":
		kafka, err := security(*ca, *user, *passwordFile)
		if err != nil {
			return err
		}
		kafka = append(kafka, kgo.SeedBrokers(strings.Split(*brokers, ",")...), kgo.ClientID("subscriber"))
		return subscriber.Follow(ctx, subscriber.Config{
			Kafka: kafka, Namespace: *namespace, Dir: *dir,
			Say: func(s string) { fmt.Fprintln(say, "subscriber:", s) },
		})
	}
	set.Usage()
	return errors.New("say what to do: follow or list")
}

// security is how Kafka is spoken to.
func security(ca, user, passwordFile string) ([]kgo.Opt, error) {
	if ca == "" && user == "" {
		return nil, nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", ca)
		}
	}
	opts := []kgo.Opt{kgo.DialTLSConfig(conf)}
	if user == "" {
		return opts, nil
	}
	password := func(context.Context) (scram.Auth, error) { // read anew for each connection, so that it can be changed
		b, err := os.ReadFile(passwordFile)
		return scram.Auth{User: user, Pass: strings.TrimRight(string(b), "\r\n")}, err
	}
	return append(opts, kgo.SASL(scram.Sha512(password))), nil
}
