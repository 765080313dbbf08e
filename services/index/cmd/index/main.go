// Command index writes enriched articles to Elasticsearch.
package main

import (
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/index"
)

func main() { boot.Main(index.Service) }
