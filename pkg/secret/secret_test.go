package secret_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/copytaster/copytaster/pkg/secret"
)

func TestTextIsNeverShown(t *testing.T) {
	type config struct {
		Key    secret.Text
		Nested struct{ Keys []secret.Text }
	}
	c := config{Key: "hunter2"}
	c.Nested.Keys = []secret.Text{"hunter2"}
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, c.Key))
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	logger := zerolog.New(&log)
	logger.Info().Interface("config", c).Stringer("key", c.Key).Any("any", c.Key).Err(fmt.Errorf("key %v", c.Key)).Msg("")
	for _, s := range append(shown, string(b), log.String(), c.Key.String()) {
		if strings.Contains(s, "hunter2") || strings.Contains(s, "68756e74") || !strings.Contains(s, "(secret)") {
			t.Errorf("shown as %s", s)
		}
	}
	if string(c.Key) != "hunter2" || secret.Text("").String() != "" {
		t.Error("it is lost")
	}
}

func TestSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	for _, c := range []struct{ content, want, err string }{
		{"abc\n", "abc", ""},
		{" a b=\r\n", "a b=", ""},
		{strings.Repeat("x", secret.MaxBytes), strings.Repeat("x", secret.MaxBytes), ""},
		{strings.Repeat("x", secret.MaxBytes+1), "", "more than 4096 bytes"},
		{"a\nb", "", "not one line"},
		{"a\x00", "", "not one line"},
		{"\xff\xfe", "", "not one line"},
		{"\n", "", "empty"},
		{"", "", "empty"},
	} {
		if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := secret.Source{File: file}.Get()
		if got != c.want || (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), file)) {
			t.Errorf("%.20q: %.20q, %v", c.content, got, err)
		}
	}
	if _, err := (secret.Source{File: file + ".none"}).Get(); !os.IsNotExist(err) {
		t.Error(err)
	}
	for text, ok := range map[secret.Text]bool{"a": true, "": false, "a\n": false} {
		s := secret.Source{Text: text}
		if got, err := s.Get(); (err == nil) != ok || ok && got != string(text) || s.Given() != (text != "") {
			t.Errorf("%q: %q, %v", string(text), got, err)
		}
	}
}
