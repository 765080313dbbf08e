// Command release runs the service release.
package main

import (
	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/release"
)

func main() { boot.Main(release.Service) }
