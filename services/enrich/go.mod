module github.com/copytaster/copytaster/services/enrich

go 1.26.8

require github.com/copytaster/copytaster/pkg v0.0.0

require (
	github.com/abadojack/whatlanggo v1.0.1
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/rs/zerolog v1.35.1 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace github.com/copytaster/copytaster/pkg => ../../pkg
