package format_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/ingest/document"
	"github.com/copytaster/copytaster/services/ingest/format"
)

// TestAgencyXMLInMail: what agencies attach in XML is read as it is when it
// comes by itself, a kill among it.
func TestAgencyXMLInMail(t *testing.T) {
	h := document.Hint{Source: "wire", ReceivedAt: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}
	for _, file := range []string{"nitf/text.xml", "nitf/kill.xml", "newsmlg2/message.xml", "newsmlg2/kill.xml"} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + file)
			if err != nil {
				t.Fatal(err)
			}
			alone, err := format.Decode(context.Background(), data, h, "")
			if err != nil {
				t.Fatal(err)
			}
			mail := "From: wire@post.example\r\nMessage-ID: <1@b.example>\r\nSubject: Attached\r\nMIME-Version: 1.0\r\n" +
				"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n" +
				"--b\r\nContent-Type: application/xml\r\nContent-Disposition: attachment; filename=a.xml\r\n\r\n" + string(data) + "\r\n--b--\r\n"
			as, err := format.Decode(context.Background(), []byte(mail), h, "")
			if err != nil {
				t.Fatal(err)
			}
			say := func(as []article.Article) string {
				var lines []string
				for _, a := range as {
					lines = append(lines, string(a.URI)+" "+string(a.Status)+" "+a.First(article.Headline)+" "+a.Body())
				}
				return strings.Join(lines, "\n")
			}
			if as[0].URI != "urn:copytaster:wire:1@b.example" || say(as[1:]) != say(alone) {
				t.Errorf("in a mail\n%s\nalone\n%s", say(as), say(alone))
			}
		})
	}
}
