package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Retry says whether a failed try may be followed by another.
type Retry int

const (
	never     Retry = iota // it would be refused again
	safe                   // it was certainly not carried out
	readsOnly              // perhaps it was carried out
)

// Problem is a call that failed. Cause is the word by which an alert names what is wrong.
type Problem struct {
	Cause      string
	Message    string
	Retry      Retry
	Code       int
	AboutToken bool
	Wait       *time.Duration // what Retry-After asks for
	Unknown    bool           // a change was sent and nobody knows whether it took effect
}

func (problem *Problem) Error() string { return problem.Message }

type meaning struct {
	cause      string
	retry      Retry
	aboutToken bool
}

var (
	token       = meaning{cause: "credentials", aboutToken: true}
	credentials = meaning{cause: "credentials"}
	permission  = meaning{cause: "permission"}
	endpoint    = meaning{cause: "endpoint"}
	version     = meaning{cause: "version"}
	contract    = meaning{cause: "contract"}
	rateLimit   = meaning{cause: "rate_limit", retry: safe}
	outage      = meaning{cause: "outage", retry: readsOnly}
	slowness    = meaning{cause: "slowness", retry: readsOnly}
)

var byCode = map[int]meaning{
	105001: token, 105002: token, 10001: token, 10002: token, 401: token,
	106001: credentials, 101000: credentials, 10003: credentials,
	36004001: credentials, 36004004: credentials, 36004005: credentials, 36009043: credentials, 36009044: credentials,
	105005: permission, 36009033: permission, 403: permission,
	36009009: endpoint, 36009010: endpoint, 36009014: version,
	36009002: rateLimit, 36009037: {cause: "rate_limit"}, // an hour's quota: no pause between tries outlasts it
	36009003: outage, 36009007: slowness,
}

// One code stands for a dozen failures; its message tells them apart.
const ambiguous = 36009004

var byWord = []struct {
	word    string
	meaning meaning
}{
	{"timestamp", meaning{cause: "clock"}}, {"version", version}, {"access_token", token}, {"access-token", token},
	{"app_key", credentials}, {"sign", credentials},
}

var byStatus = map[int]meaning{401: token, 403: permission, 404: endpoint, 405: endpoint, 407: {cause: "network"}, 408: slowness, 410: version, 429: rateLimit}

type envelope struct {
	Code    *int            `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// readAnswer returns the data of a success: code 0 in a readable envelope under a 2xx status, and
// nothing else. Codes come before statuses: a limit or an expired token is told as an HTTP status
// or inside a 200.
func readAnswer(status int, headers http.Header, body []byte) (json.RawMessage, *Problem) {
	var read envelope
	isEnvelope := json.Unmarshal(body, &read) == nil && read.Code != nil
	if isEnvelope && *read.Code == 0 && status >= 200 && status < 300 {
		if string(read.Data) == "null" {
			read.Data = nil
		}
		return read.Data, nil // empty where there is none
	}
	problem := &Problem{Message: fmt.Sprintf("no readable envelope (HTTP %d)", status), Wait: readRetryAfter(headers)}
	if isEnvelope {
		problem.Code = *read.Code
		problem.Message = fmt.Sprintf("%s (code %d, HTTP %d)", read.Message, *read.Code, status)
	}
	means := meaningOf(status, isEnvelope, problem.Code, read.Message)
	problem.Cause, problem.Retry, problem.AboutToken = means.cause, means.retry, means.aboutToken
	return nil, problem
}

func meaningOf(status int, isEnvelope bool, code int, message string) meaning {
	if isEnvelope && code == ambiguous {
		for _, row := range byWord {
			if strings.Contains(strings.ToLower(message), row.word) {
				return row.meaning
			}
		}
		return contract
	}
	if known, ok := byCode[code]; isEnvelope && ok {
		return known
	}
	known, ok := byStatus[status]
	switch {
	case status >= 500:
		return outage
	case ok:
		return known
	case isEnvelope:
		return contract
	case status >= 300:
		return endpoint
	}
	// A 200 without an envelope: a page of something in between, or half an answer.
	return meaning{cause: "contract", retry: readsOnly}
}

// readRetryAfter reads seconds, or a date by the clock of the answer itself.
func readRetryAfter(headers http.Header) *time.Duration {
	value := headers.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		wait := time.Duration(seconds * float64(time.Second))
		return &wait
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return nil
	}
	now, err := http.ParseTime(headers.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	wait := max(0, until.Sub(now))
	return &wait
}
