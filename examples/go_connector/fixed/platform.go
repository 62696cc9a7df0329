package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	attemptsOfCall    = 5
	attemptsOfRefresh = 3
	longestWait       = 10 * time.Second
	refreshAhead      = 10 * time.Minute
	mostBytes         = 32 << 20
)

var deadRefreshToken = map[int]bool{36004001: true, 36004004: true, 36004005: true, 10001: true, 10002: true}

// Settings say where, who, and how patient.
type Settings struct {
	APIURL, TokenURL, AppKey, AppSecret, AccessToken, RefreshToken string
	Timeout, RetryBase                                             time.Duration
}

// Tokens is the pair and what is known of it. Times in Unix seconds, 0 for unknown.
type Tokens struct {
	Access, Refresh string
	ExpiresAt       int64
	Origin          string // which settings the pair descends from
	Refused, Dead   bool
	NotBefore       int64
}

// Call is one call; it may take several tries.
type Call struct {
	Name, Method, Path string
	Shop               Shop // empty for a call that is about none; each has its own limits
	Query              map[string]string
	Body               any
	Changes            bool // then it is not sent again when nobody knows whether it took effect
	Once               bool
}

// Platform makes calls: signed afresh for each try, repeated only where that is safe.
type Platform struct {
	settings Settings
	store    *Store
	alerts   *Alerts
	client   *http.Client
}

func newPlatform(settings Settings, store *Store, alerts *Alerts) *Platform {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// On a kept connection that breaks, net/http sends a GET again by itself, with the old signature.
	transport.DisableKeepAlives = true
	platform := &Platform{settings: settings, store: store, alerts: alerts, client: &http.Client{
		Transport: transport,
		Timeout:   settings.Timeout, // of the whole exchange: also against answers that only trickle
		// A signature holds for one path, and a token must not travel to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	platform.takeTokensOfSettings()
	return platform
}

// Do makes a call and reads the data of its answer into `into`.
func (platform *Platform) Do(call Call, into any) error {
	name := call.Name
	if call.Shop.ID != "" {
		name += " of shop " + call.Shop.ID
	}
	mayRefresh := true
	for attempt := 1; ; attempt++ {
		if problem := platform.waitForTurn(name); problem != nil {
			return problem
		}
		tokens, problem := platform.usableTokens()
		if problem != nil {
			return problem
		}
		data, problem := platform.send(call, tokens.Access)
		if problem == nil && len(data) == 0 {
			if call.Changes {
				return nil
			}
			problem = &Problem{Cause: "contract", Message: "the answer holds no data", Retry: readsOnly}
		}
		if problem == nil {
			if err := json.Unmarshal(data, into); err != nil {
				problem = &Problem{Cause: "mapping", Message: "the data of the answer has another form"}
				platform.alerts.Raise(problem.Cause, name, problem.Message)
				return problem
			}
			return nil
		}
		if problem.Wait != nil {
			platform.noteWait(name, *problem.Wait)
		}
		if problem.AboutToken {
			tokens.Refused = true
			platform.keepTokens(tokens)
			if mayRefresh {
				mayRefresh = false
				attempt--
				continue
			}
		}
		mayRepeat := problem.Retry == safe || (problem.Retry == readsOnly && !call.Changes)
		if !mayRepeat || call.Once || attempt >= attemptsOfCall {
			platform.alerts.Raise(problem.Cause, name, problem.Message)
			problem.Unknown = call.Changes && problem.Retry == readsOnly
			return problem
		}
		if problem.Wait == nil {
			platform.Pause(attempt)
		}
	}
}

// Pause waits at random, up to a bound that doubles: many clients must not come back at the same moment.
func (platform *Platform) Pause(attempt int) {
	base := platform.settings.RetryBase
	bound := min(60*base, base<<attempt)
	time.Sleep(base + time.Duration(rand.Int63n(int64(bound-base)+1)))
}

func (platform *Platform) send(call Call, access string) (json.RawMessage, *Problem) {
	// The bytes that are signed are the bytes that are sent; the time stamp is of this try.
	var body []byte
	if call.Body != nil {
		body, _ = json.Marshal(call.Body)
	}
	query := map[string]string{"app_key": platform.settings.AppKey, "timestamp": strconv.FormatInt(time.Now().Unix(), 10)}
	if call.Shop.Cipher != "" {
		query["shop_cipher"] = call.Shop.Cipher
	}
	for key, value := range call.Query {
		query[key] = value
	}
	query["sign"] = sign(platform.settings.AppSecret, call.Path, query, body)
	request, err := http.NewRequest(call.Method, platform.settings.APIURL+call.Path+"?"+encode(query), bytes.NewReader(body))
	if err != nil {
		return nil, &Problem{Cause: "endpoint", Message: "the address is unusable"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-tts-access-token", access)
	return platform.exchange(request)
}

func (platform *Platform) exchange(request *http.Request) (json.RawMessage, *Problem) {
	response, err := platform.client.Do(request)
	if err != nil {
		return nil, describeFailure(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBytes))
	if err != nil {
		return nil, describeFailure(err)
	}
	return readAnswer(response.StatusCode, response.Header, body)
}

// ---- tokens: both are kept before either is used, and nothing is sent with a dead one ----

func (platform *Platform) tokens() (tokens Tokens) {
	var sealed string
	platform.store.Read(func(state *State) { sealed = state.Tokens })
	if sealed != "" {
		platform.store.Unseal(sealed, &tokens)
	}
	return tokens
}

func (platform *Platform) keepTokens(tokens Tokens) {
	sealed := platform.store.Seal(tokens)
	platform.store.Change(func(state *State) { state.Tokens = sealed })
}

// takeTokensOfSettings: the stored pair is newer than that of the settings, unless an operator has set another.
func (platform *Platform) takeTokensOfSettings() {
	digest := sha256.Sum256([]byte(platform.settings.AccessToken + platform.settings.RefreshToken))
	origin := hex.EncodeToString(digest[:])
	if platform.tokens().Origin != origin {
		platform.keepTokens(Tokens{Access: platform.settings.AccessToken, Refresh: platform.settings.RefreshToken, Origin: origin})
	}
}

func (platform *Platform) usableTokens() (Tokens, *Problem) {
	tokens := platform.tokens()
	now := time.Now()
	isUnspent := tokens.ExpiresAt == 0 || now.Before(time.Unix(tokens.ExpiresAt, 0))
	isFresh := tokens.ExpiresAt == 0 || now.Before(time.Unix(tokens.ExpiresAt, 0).Add(-refreshAhead))
	if !tokens.Refused && isFresh {
		return tokens, nil
	}
	fresh, problem := platform.refresh(tokens)
	if problem != nil && !tokens.Refused && isUnspent {
		return tokens, nil // ahead of time nothing is lost yet
	}
	return fresh, problem
}

// refresh runs once at a time, as the connector does one thing at a time (see Connector.work).
func (platform *Platform) refresh(tokens Tokens) (Tokens, *Problem) {
	if tokens.Dead {
		return tokens, &Problem{Cause: "credentials", Message: "the refresh token is refused for good; authorise the app anew"}
	}
	if time.Now().Unix() < tokens.NotBefore {
		return tokens, &Problem{Cause: "credentials", Message: "the last refresh failed; it is tried again later"}
	}
	for attempt := 1; ; attempt++ {
		fresh, problem := platform.askForTokens(tokens)
		if problem == nil {
			platform.alerts.Hide(fresh.Access, fresh.Refresh)
			platform.keepTokens(fresh)
			return fresh, nil
		}
		if problem.Retry == never || attempt == attemptsOfRefresh {
			wait := 60 * platform.settings.RetryBase
			if problem.Wait != nil {
				wait = max(wait, *problem.Wait)
			}
			tokens.Dead = deadRefreshToken[problem.Code]
			tokens.NotBefore = time.Now().Add(wait).Unix()
			platform.keepTokens(tokens)
			text := "the access token could not be refreshed: " + problem.Message
			platform.alerts.Raise("credentials", "tokens", text)
			return tokens, &Problem{Cause: "credentials", Message: text}
		}
		if problem.Wait != nil {
			time.Sleep(min(*problem.Wait, longestWait))
		} else {
			platform.Pause(attempt)
		}
	}
}

func (platform *Platform) askForTokens(tokens Tokens) (Tokens, *Problem) {
	query := map[string]string{
		"app_key": platform.settings.AppKey, "app_secret": platform.settings.AppSecret,
		"refresh_token": tokens.Refresh, "grant_type": "refresh_token",
	}
	request, err := http.NewRequest("GET", platform.settings.TokenURL+"/api/v2/token/refresh?"+encode(query), nil)
	if err != nil {
		return tokens, &Problem{Cause: "endpoint", Message: "the address of the token host is unusable"}
	}
	data, problem := platform.exchange(request)
	if problem != nil {
		return tokens, problem
	}
	var read struct {
		Access    string `json:"access_token"`
		Refresh   string `json:"refresh_token"`
		ExpiresAt int64  `json:"access_token_expire_in"` // absolute, whatever its name says
	}
	if json.Unmarshal(data, &read) != nil || read.Access == "" || read.Refresh == "" {
		return tokens, &Problem{Cause: "contract", Message: "the answer to the refresh holds no tokens", Retry: safe}
	}
	return Tokens{Access: read.Access, Refresh: read.Refresh, ExpiresAt: read.ExpiresAt, Origin: tokens.Origin}, nil
}

// ---- pauses that the platform asked for; they hold for later calls and over a restart ----

func (platform *Platform) noteWait(name string, wait time.Duration) {
	jitter := platform.settings.RetryBase + time.Duration(rand.Int63n(int64(platform.settings.RetryBase)))
	until := time.Now().Add(wait + jitter).UnixMilli()
	platform.store.Change(func(state *State) { state.Pauses[name] = until })
}

func (platform *Platform) waitForTurn(name string) *Problem {
	var until int64
	platform.store.Read(func(state *State) { until = state.Pauses[name] })
	left := time.Until(time.UnixMilli(until))
	if left > longestWait {
		return &Problem{Cause: "rate_limit", Message: fmt.Sprintf("the platform asked for a pause; %.0f s are left of it", left.Seconds())}
	}
	time.Sleep(left)
	return nil
}

func sign(secret, path string, query map[string]string, body []byte) string {
	keys := make([]string, 0, len(query))
	for key := range query {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	digest := hmac.New(sha256.New, []byte(secret))
	io.WriteString(digest, secret+path)
	for _, key := range keys {
		io.WriteString(digest, key+query[key])
	}
	digest.Write(body)
	io.WriteString(digest, secret)
	return hex.EncodeToString(digest.Sum(nil))
}

func encode(query map[string]string) string {
	values := url.Values{}
	for key, value := range query {
		values.Set(key, value)
	}
	return strings.ReplaceAll(values.Encode(), "+", "%20")
}

// describeFailure leaves the address out: net/http puts it into its errors, app secret and all.
func describeFailure(err error) *Problem {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var dialling *net.OpError
	if errors.As(err, &dialling) && dialling.Op == "dial" {
		return &Problem{Cause: "network", Message: "no connection: " + dialling.Err.Error(), Retry: safe}
	}
	var timing net.Error
	if errors.As(err, &timing) && timing.Timeout() {
		return &Problem{Cause: "slowness", Message: "no whole answer in time", Retry: readsOnly}
	}
	return &Problem{Cause: "network", Message: "the connection broke: " + err.Error(), Retry: readsOnly}
}
