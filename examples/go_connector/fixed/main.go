// A small order and stock connector for TikTok Shop, with its front door.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

const mostWebhookBytes = 1 << 20

func main() {
	settings := Settings{
		APIURL: env("TTS_API_URL", "https://open-api.tiktokglobalshop.com"), TokenURL: env("TTS_TOKEN_URL", "https://auth.tiktok-shops.com"),
		AppKey: env("TTS_APP_KEY", ""), AppSecret: env("TTS_APP_SECRET", ""),
		AccessToken: env("TTS_ACCESS_TOKEN", ""), RefreshToken: env("TTS_REFRESH_TOKEN", ""),
		Timeout: milliseconds("SHOP_TIMEOUT_MS", "20000"), RetryBase: milliseconds("SHOP_RETRY_BASE_MS", "1000"),
	}
	store, err := OpenStore(env("SHOP_STORE", "shop.json"), env("SHOP_KEY", ""))
	if err != nil {
		fail(err)
	}
	alerts := &Alerts{store: store}
	alerts.Hide(settings.AppSecret, settings.AccessToken, settings.RefreshToken)
	platform := newPlatform(settings, store, alerts)
	connector := &Connector{settings: settings, platform: platform, store: store, alerts: alerts}
	fail(http.ListenAndServe("127.0.0.1:"+env("PORT", "8080"), frontDoor(connector)))
}

func frontDoor(connector *Connector) http.Handler {
	mux := http.NewServeMux()
	see := func(look func(*State) any) func(*http.Request) (any, error) {
		return func(*http.Request) (value any, err error) {
			var text json.RawMessage
			connector.store.Read(func(state *State) { text, err = json.Marshal(look(state)) })
			return text, err
		}
	}
	do := func(work func(*http.Request) error) func(*http.Request) (any, error) {
		return func(request *http.Request) (any, error) { return struct{}{}, work(request) }
	}
	routes := map[string]func(*http.Request) (any, error){
		"GET /health":    func(*http.Request) (any, error) { return connector.Health(), nil },
		"POST /sync":     do(func(*http.Request) error { return connector.SyncOrders() }),
		"GET /orders":    see(func(state *State) any { return valuesOf(state.Orders) }),
		"GET /stock":     see(func(state *State) any { return state.Stock }),
		"POST /flush":    do(func(*http.Request) error { return connector.Flush() }),
		"GET /shipments": see(func(state *State) any { return valuesOf(state.Shipments) }),
		"GET /alerts":    see(func(state *State) any { return state.Alerts }),
		"PUT /stock": do(func(request *http.Request) error {
			changes := map[string]int{}
			if err := json.NewDecoder(request.Body).Decode(&changes); err != nil {
				return &Problem{Cause: "mapping", Message: "expected whole quantities by SKU id"}
			}
			return connector.PushStock(changes)
		}),
		"POST /ship": do(func(request *http.Request) error {
			var asked struct {
				OrderID string `json:"order_id"`
			}
			if err := json.NewDecoder(request.Body).Decode(&asked); err != nil {
				return &Problem{Cause: "mapping", Message: "expected an order_id"}
			}
			return connector.Ship(asked.OrderID)
		}),
	}
	for route, handler := range routes {
		mux.HandleFunc(route, func(response http.ResponseWriter, request *http.Request) {
			value, err := handler(request)
			status := http.StatusOK
			if err != nil {
				status = http.StatusServiceUnavailable
				value = map[string]string{"error": connector.alerts.Scrub(err.Error()), "cause": causeOf(err)}
			}
			response.Header().Set("Content-Type", "application/json")
			response.WriteHeader(status)
			_ = json.NewEncoder(response).Encode(value)
		})
	}
	mux.HandleFunc("POST /webhook", func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, mostWebhookBytes))
		if err != nil {
			response.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		response.WriteHeader(connector.ReceiveWebhook(request.Header.Get("Authorization"), body))
	})
	return mux
}

func valuesOf[Value any](values map[string]Value) []Value {
	all := make([]Value, 0, len(values))
	for _, key := range keysOf(values) {
		all = append(all, values[key])
	}
	return all
}

func env(name, otherwise string) string {
	if value, found := os.LookupEnv(name); found {
		return value
	}
	return otherwise
}

func milliseconds(name, otherwise string) time.Duration {
	number, err := strconv.Atoi(env(name, otherwise))
	if err != nil {
		fail(fmt.Errorf("%s is no number: %w", name, err))
	}
	return time.Duration(number) * time.Millisecond
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
