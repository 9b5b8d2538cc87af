// wget stands in for busybox' applet of that name in the lab's busybox image: the applet of Debian's static busybox crashes where glibc's
// resolver is missing. It knows the options -q, -T and -O.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "wget:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	timeout, output, url := 15*time.Minute, "", ""
	for i := 0; i < len(args); i++ {
		value := func() (string, error) {
			if i++; i == len(args) {
				return "", fmt.Errorf("option requires an argument: %s", args[i-1])
			}
			return args[i], nil
		}
		switch arg := args[i]; {
		case arg == "-q":
		case arg == "-T":
			text, err := value()
			if err != nil {
				return err
			}
			seconds, err := strconv.Atoi(text)
			if err != nil {
				return err
			}
			timeout = time.Duration(seconds) * time.Second
		case arg == "-O":
			text, err := value()
			if err != nil {
				return err
			}
			output = text
		case arg == "-qO-" || arg == "-O-":
			output = "-"
		case strings.HasPrefix(arg, "-"):
			return fmt.Errorf("unrecognized option: %s", arg)
		default:
			url = arg
		}
	}
	if url == "" {
		return errors.New("usage: wget [-q] [-T SECONDS] [-O FILE] URL")
	}
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	return fetch(url, output, timeout)
}

func fetch(url, output string, timeout time.Duration) error {
	client := &http.Client{Timeout: timeout}
	response, err := client.Get(url)
	if err != nil {
		return errors.Unwrap(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return fmt.Errorf("server returned error: HTTP/1.1 %s", response.Status)
	}
	var to io.Writer = os.Stdout
	if output != "-" {
		if output == "" {
			output = path.Base(response.Request.URL.Path)
		}
		if output == "/" || output == "." {
			output = "index.html"
		}
		file, err := os.Create(output)
		if err != nil {
			return err
		}
		defer file.Close()
		to = file
	}
	_, err = io.Copy(to, response.Body)
	return err
}
