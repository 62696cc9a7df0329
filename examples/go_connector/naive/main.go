// An order and stock sync for TikTok Shop, as one writes it in an afternoon.
//
// It follows pages, refreshes its token when told 401, retries and checks its webhooks. What it
// leaves undone is what `pytest --tts-chaos` shows.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	apiURL       = os.Getenv("TTS_API_URL")
	tokenURL     = os.Getenv("TTS_TOKEN_URL")
	appKey       = os.Getenv("TTS_APP_KEY")
	appSecret    = os.Getenv("TTS_APP_SECRET")
	accessToken  = os.Getenv("TTS_ACCESS_TOKEN")
	refreshToken = os.Getenv("TTS_REFRESH_TOKEN")
	shopCipher   = os.Getenv("TTS_SHOP_CIPHER")
	client       = &http.Client{Timeout: 10 * time.Second}

	mutex     sync.Mutex
	orders    = map[string]order{}
	stock     = map[string]int{}
	shipments = []map[string]string{}
)

type order struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	Currency    string `json:"currency"`
	TotalAmount string `json:"total_amount"`
	Lines       []line `json:"lines"`
}

type line struct {
	ID        string `json:"id"`
	SkuID     string `json:"sku_id"`
	SalePrice string `json:"sale_price"`
}

type apiOrder struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Payment struct {
		Currency    string `json:"currency"`
		TotalAmount string `json:"total_amount"`
	} `json:"payment"`
	LineItems []line `json:"line_items"`
	Packages  []struct {
		ID string `json:"id"`
	} `json:"packages"`
}

// call signs a request, sends it, and reads the data of the answer.
func call(method, path string, query map[string]string, body, into any) error {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	params := url.Values{}
	params.Set("app_key", appKey)
	params.Set("shop_cipher", shopCipher)
	params.Set("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	for key, value := range query {
		params.Set(key, value)
	}
	params.Set("sign", sign(path, params, text))
	request, err := http.NewRequest(method, apiURL+path+"?"+params.Encode(), bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-tts-access-token", accessToken)
	answer, err := send(request)
	if err != nil {
		return err
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(answer, &envelope)
	_ = json.Unmarshal(envelope.Data, into)
	return nil
}

// send tries three times.
func send(request *http.Request) (answer []byte, err error) {
	for try := 0; try < 3; try++ {
		var response *http.Response
		response, err = client.Do(request)
		if err != nil {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		answer, err = io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusUnauthorized {
			if err = refresh(); err != nil {
				return nil, err
			}
			request.Header.Set("x-tts-access-token", accessToken)
		} else if response.StatusCode < 500 {
			return answer, err
		}
		if request.GetBody != nil {
			request.Body, _ = request.GetBody()
		}
		time.Sleep(200 * time.Millisecond)
	}
	return answer, err
}

func refresh() error {
	params := url.Values{}
	params.Set("app_key", appKey)
	params.Set("app_secret", appSecret)
	params.Set("refresh_token", refreshToken)
	params.Set("grant_type", "refresh_token")
	response, err := client.Get(tokenURL + "/api/v2/token/refresh?" + params.Encode())
	if err != nil {
		log.Println("refresh failed:", err)
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			AccessToken string `json:"access_token"`
		} `json:"data"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	accessToken = answer.Data.AccessToken
	return nil
}

func sign(path string, params url.Values, body []byte) string {
	keys := []string{}
	for key := range params {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	digest := hmac.New(sha256.New, []byte(appSecret))
	io.WriteString(digest, appSecret+path)
	for _, key := range keys {
		io.WriteString(digest, key+params.Get(key))
	}
	digest.Write(body)
	io.WriteString(digest, appSecret)
	return hex.EncodeToString(digest.Sum(nil))
}

func syncOrders() error {
	pageToken := ""
	for {
		query := map[string]string{"page_size": "50"}
		if pageToken != "" {
			query["page_token"] = pageToken
		}
		var page struct {
			Orders []struct {
				ID string `json:"id"`
			} `json:"orders"`
			Next string `json:"next_page_token"`
		}
		if err := call("POST", "/order/202309/orders/search", query, map[string]any{}, &page); err != nil {
			return err
		}
		ids := []string{}
		for _, row := range page.Orders {
			ids = append(ids, row.ID)
		}
		if err := fetch(ids); err != nil {
			log.Println("some orders could not be fetched:", err)
		}
		if page.Next == "" {
			return nil
		}
		pageToken = page.Next
	}
}

func fetch(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var found struct {
		Orders []apiOrder `json:"orders"`
	}
	if err := call("GET", "/order/202507/orders", map[string]string{"ids": strings.Join(ids, ",")}, nil, &found); err != nil {
		return err
	}
	mutex.Lock()
	defer mutex.Unlock()
	for _, row := range found.Orders {
		orders[row.ID] = order{row.ID, row.Status, row.Payment.Currency, row.Payment.TotalAmount, row.LineItems}
	}
	return nil
}

func pushStock(changes map[string]int) error {
	skus := []string{}
	for sku, quantity := range changes {
		skus = append(skus, sku)
		stock[sku] = quantity
	}
	var found struct {
		Inventory []struct {
			ProductID string `json:"product_id"`
			Skus      []struct {
				ID         string `json:"id"`
				Warehouses []struct {
					ID string `json:"warehouse_id"`
				} `json:"warehouse_inventory"`
			} `json:"skus"`
		} `json:"inventory"`
	}
	if err := call("POST", "/product/202309/inventory/search", nil, map[string]any{"sku_ids": skus}, &found); err != nil {
		return err
	}
	for _, product := range found.Inventory {
		for _, sku := range product.Skus {
			inventory := []any{map[string]any{"warehouse_id": sku.Warehouses[0].ID, "quantity": changes[sku.ID]}}
			body := map[string]any{"skus": []any{map[string]any{"id": sku.ID, "inventory": inventory}}}
			path := "/product/202309/products/" + product.ProductID + "/inventory/update"
			if err := call("POST", path, nil, body, &struct{}{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func ship(orderID string) error {
	var found struct {
		Orders []apiOrder `json:"orders"`
	}
	if err := call("GET", "/order/202507/orders", map[string]string{"ids": orderID}, nil, &found); err != nil {
		return err
	}
	for _, order := range found.Orders {
		for _, parcel := range order.Packages {
			path := "/fulfillment/202309/packages/" + parcel.ID + "/ship"
			if err := call("POST", path, nil, map[string]any{"handover_method": "DROP_OFF"}, &struct{}{}); err != nil {
				return err
			}
			shipments = append(shipments, map[string]string{"order_id": orderID, "package_id": parcel.ID})
		}
	}
	return nil
}

func webhook(response http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	digest := hmac.New(sha256.New, []byte(appSecret))
	digest.Write(append([]byte(appKey), body...))
	if request.Header.Get("Authorization") != hex.EncodeToString(digest.Sum(nil)) {
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event struct {
		Data struct {
			OrderID string `json:"order_id"`
			Status  string `json:"order_status"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &event)
	mutex.Lock()
	known, found := orders[event.Data.OrderID]
	if found && event.Data.Status != "" {
		known.Status = event.Data.Status
		orders[known.ID] = known
	}
	mutex.Unlock()
	if !found && event.Data.OrderID != "" {
		if err := fetch([]string{event.Data.OrderID}); err != nil {
			log.Println("the order of a webhook could not be fetched:", err)
		}
	}
}

func main() {
	handle := func(route string, work func(*http.Request) (any, error)) {
		http.HandleFunc(route, func(response http.ResponseWriter, request *http.Request) {
			value, err := work(request)
			if err != nil {
				http.Error(response, err.Error(), http.StatusInternalServerError)
				return
			}
			mutex.Lock()
			defer mutex.Unlock()
			_ = json.NewEncoder(response).Encode(value)
		})
	}
	handle("GET /health", func(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil })
	handle("POST /sync", func(*http.Request) (any, error) { return nil, syncOrders() })
	handle("GET /stock", func(*http.Request) (any, error) { return stock, nil })
	handle("GET /shipments", func(*http.Request) (any, error) { return shipments, nil })
	handle("GET /orders", func(*http.Request) (any, error) {
		mutex.Lock()
		defer mutex.Unlock()
		all := []order{}
		for _, each := range orders {
			all = append(all, each)
		}
		return all, nil
	})
	handle("PUT /stock", func(request *http.Request) (any, error) {
		changes := map[string]int{}
		_ = json.NewDecoder(request.Body).Decode(&changes)
		return nil, pushStock(changes)
	})
	handle("POST /ship", func(request *http.Request) (any, error) {
		asked := map[string]string{}
		_ = json.NewDecoder(request.Body).Decode(&asked)
		return nil, ship(asked["order_id"])
	})
	http.HandleFunc("POST /webhook", webhook)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
