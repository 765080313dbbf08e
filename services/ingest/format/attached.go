package format

import (
	"github.com/copytaster/copytaster/services/ingest/format/anpa1312"
	"github.com/copytaster/copytaster/services/ingest/format/iptc7901"
	"github.com/copytaster/copytaster/services/ingest/format/mail"
	"github.com/copytaster/copytaster/services/ingest/format/newsml"
	"github.com/copytaster/copytaster/services/ingest/format/newsmlg2"
	"github.com/copytaster/copytaster/services/ingest/format/ninjs"
	"github.com/copytaster/copytaster/services/ingest/format/nitf"
	"github.com/copytaster/copytaster/services/ingest/format/text"
)

// attached are the formats that an attachment of a mail may have, in the order
// in which they are tried.
var attached = []mail.Inner{
	{Name: anpa1312.Name, Detect: anpa1312.Detect, Split: anpa1312.Split, Decode: anpa1312.Decode},
	{Name: iptc7901.Name, Detect: iptc7901.Detect, Split: iptc7901.Split, Decode: iptc7901.Decode},
	{Name: ninjs.Name, Detect: ninjs.Detect, Split: ninjs.Split, Decode: ninjs.Decode},
	{Name: newsmlg2.Name, Detect: newsmlg2.Detect, Split: newsmlg2.Split, Decode: newsmlg2.Decode},
	{Name: newsml.Name, Detect: newsml.Detect, Split: newsml.Split, Decode: newsml.Decode},
	{Name: nitf.Name, Detect: nitf.Detect, Decode: nitf.Decode},
	{Name: text.Name, Detect: plain, Decode: text.Decode},
}
