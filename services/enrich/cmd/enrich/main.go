// Command enrich runs the service enrich.
package main

import (
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/enrich"
)

func main() { boot.Main(enrich.Service) }
