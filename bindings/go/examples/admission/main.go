// Command admission is a validating admission webhook: it answers the API server's reviews with a level of the Pod
// Security Standards.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8443", "address to listen at")
	level := flag.String("level", "restricted", "level of the Pod Security Standards")
	version := flag.String("version", "latest", "version of the standards")
	certificate := flag.String("tls-cert", "", "certificate file; empty: plain HTTP, to try it out")
	key := flag.String("tls-key", "", "key file of the certificate")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *level, *version, *certificate, *key); err != nil {
		fmt.Fprintln(os.Stderr, "admission:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, level, version, certificate, key string) error {
	handler, err := newHandler(level, version, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("judging at %s, listening at %s\n", level, listener.Addr())
	return serve(ctx, listener, routes(handler), certificate, key)
}

func routes(handler http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/validate", handler)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	return mux
}

// serve answers until ctx ends, and then what it has begun.
func serve(ctx context.Context, listener net.Listener, routes http.Handler, certificate, key string) error {
	server := &http.Server{
		Handler: routes, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ended <- server.Shutdown(drain)
	}()
	var err error
	if certificate != "" {
		err = server.ServeTLS(listener, certificate, key)
	} else {
		err = server.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}
