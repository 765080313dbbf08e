// Copytaster runs the services and the operator's tools.
package main

import (
	"os"

	"github.com/copytaster/copytaster/services/copytaster"
)

func main() { os.Exit(copytaster.Main(os.Args[1:], os.Exit)) }
