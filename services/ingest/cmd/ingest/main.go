// Command ingest takes news in and writes it to Kafka as articles.
package main

import (
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/ingest"
)

func main() { boot.Main(ingest.Service) }
