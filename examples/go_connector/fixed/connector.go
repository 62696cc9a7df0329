package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	overlap    = 900 // seconds read again each time: clocks differ, and orders show up late
	pageSize   = "100"
	mostPages  = 1000
	detailSize = 50
	stockSize  = 300
	rounds     = 4
)

// Connector is what its owner sees: sync orders, push stock, ship, receive webhooks.
type Connector struct {
	// Whatever talks to the platform does so one after the other: one refresh, one sync, one flush.
	work     sync.Mutex
	settings Settings
	platform *Platform
	store    *Store
	alerts   *Alerts
}

// Shop is one authorised shop.
type Shop struct {
	ID     string `json:"id"`
	Cipher string `json:"cipher"`
}

// ---- orders ----

// SyncOrders reads what changed since the last complete run.
func (connector *Connector) SyncOrders() error {
	connector.work.Lock()
	defer connector.work.Unlock()
	err := connector.syncAll()
	failing := ""
	if err != nil {
		failing = causeOf(err)
	}
	connector.store.Change(func(state *State) { state.Failing = failing })
	return err
}

func (connector *Connector) syncAll() error {
	shops, err := connector.askForShops()
	if err != nil {
		return err
	}
	for _, shop := range shops {
		// The trouble of one must not keep the others waiting.
		if failed := connector.syncShop(shop); failed != nil && err == nil {
			err = failed
		}
	}
	if err != nil {
		return err
	}
	return connector.workOffInbox(false)
}

// askForShops: one token may cover several shops, and each has its own cipher.
func (connector *Connector) askForShops() ([]Shop, error) {
	var found struct {
		Shops []Shop `json:"shops"`
	}
	call := Call{Name: "shops", Method: "GET", Path: "/authorization/202309/shops"}
	if err := connector.platform.Do(call, &found); err != nil {
		return nil, err
	}
	if len(found.Shops) == 0 {
		return nil, &Problem{Cause: "permission", Message: "no shop has authorised this app"}
	}
	for _, shop := range found.Shops {
		connector.alerts.Hide(shop.Cipher)
	}
	sealed := connector.store.Seal(found.Shops)
	connector.store.Change(func(state *State) { state.Shops = sealed })
	return found.Shops, nil
}

func (connector *Connector) knownShops() (shops []Shop, err error) {
	var sealed string
	connector.store.Read(func(state *State) { sealed = state.Shops })
	if sealed == "" {
		return connector.askForShops()
	}
	connector.store.Unseal(sealed, &shops)
	return shops, nil
}

func (connector *Connector) syncShop(shop Shop) error {
	started := time.Now().Unix()
	var since int64
	connector.store.Read(func(state *State) { since = max(0, state.Watermarks[shop.ID]-overlap) })
	problem, err := connector.readPages(shop, since)
	if err != nil {
		return err
	}
	if problem != nil {
		connector.alerts.Raise(problem.Cause, "orders of shop "+shop.ID, problem.Message)
		return problem
	}
	skus := map[string]bool{}
	connector.store.Change(func(state *State) {
		// Only now: a page that was not read must be asked for again.
		state.Watermarks[shop.ID] = started
		for _, order := range state.Orders {
			for _, line := range order.Lines {
				if order.ShopID == shop.ID {
					skus[line.SkuID] = true
				}
			}
		}
	})
	_, err = connector.readStock(shop, keysOf(skus))
	return err
}

// readPages keeps all orders that can be read, and returns the first problem with the others.
func (connector *Connector) readPages(shop Shop, since int64) (*Problem, error) {
	seen := map[string]bool{}
	var problem *Problem
	pageToken := ""
	for page := 1; page <= mostPages; page++ {
		// Oldest first and open at the end: an order that changes meanwhile keeps its place.
		query := map[string]string{"page_size": pageSize, "sort_field": "create_time", "sort_order": "ASC"}
		if pageToken != "" {
			query["page_token"] = pageToken
		}
		var found struct {
			Orders []struct {
				ID string `json:"id"`
			} `json:"orders"`
			Next  string `json:"next_page_token"`
			Count *int   `json:"total_count"`
		}
		call := Call{Name: "order search", Method: "POST", Path: "/order/202309/orders/search", Shop: shop,
			Query: query, Body: map[string]any{"update_time_ge": since}}
		if err := connector.platform.Do(call, &found); err != nil {
			return nil, err
		}
		if found.Orders == nil && found.Count == nil {
			// An empty page counts its orders all the same; one that says nothing is no empty page.
			return &Problem{Cause: "mapping", Message: "a page of orders is missing"}, nil
		}
		ids := []string{}
		for _, row := range found.Orders {
			if !isID.MatchString(row.ID) {
				return &Problem{Cause: "mapping", Message: "a page holds an order without a usable id"}, nil
			}
			if !seen[row.ID] {
				seen[row.ID] = true
				ids = append(ids, row.ID)
			}
		}
		unread, err := connector.readOrders(shop, ids, false)
		if err != nil {
			return nil, err
		}
		if problem == nil {
			problem = unread
		}
		if found.Next == "" {
			if problem == nil && found.Count != nil && len(seen) < *found.Count {
				problem = &Problem{Cause: "contract", Message: fmt.Sprintf("%d orders are counted and %d shown", *found.Count, len(seen))}
			}
			return problem, nil
		}
		if found.Next == pageToken {
			break
		}
		pageToken = found.Next
	}
	return &Problem{Cause: "contract", Message: "the pages of orders do not end"}, nil
}

func (connector *Connector) readOrders(shop Shop, ids []string, once bool) (*Problem, error) {
	var problem *Problem
	for batch := range slices.Chunk(ids, detailSize) {
		var found struct {
			Orders []json.RawMessage `json:"orders"`
		}
		call := Call{Name: "order detail", Method: "GET", Path: "/order/202507/orders", Shop: shop,
			Query: map[string]string{"ids": strings.Join(batch, ",")}, Once: once}
		if err := connector.platform.Do(call, &found); err != nil {
			return nil, err
		}
		missing := map[string]bool{}
		for _, id := range batch {
			missing[id] = true
		}
		orders := []Order{}
		for _, text := range found.Orders {
			order, unread := readOrder(text, shop.ID)
			if unread != nil {
				problem = unread
				continue
			}
			delete(missing, order.ID)
			orders = append(orders, order)
			if !slices.Contains(life, order.Status) {
				connector.alerts.Raise("contract", "orders", "the status "+order.Status+" is unknown; it is kept as it is")
			}
		}
		connector.store.Change(func(state *State) {
			for _, order := range orders {
				if isNewer(order, state.Orders[order.ID]) {
					state.Orders[order.ID] = order
				}
			}
		})
		if problem == nil && len(missing) > 0 {
			problem = &Problem{Cause: "mapping", Message: fmt.Sprintf("%d orders are missing from their details", len(missing))}
		}
	}
	return problem, nil
}

// ---- stock: a wish is kept before anything is sent, and leaves when the platform was seen to hold it ----

type level struct {
	productID           string
	quantity, committed int
	warehouses          []warehouse
}

type warehouse struct {
	ID       string `json:"warehouse_id"`
	Quantity int    `json:"quantity"`
}

// PushStock sets sellable quantities.
func (connector *Connector) PushStock(changes map[string]int) error {
	for sku, quantity := range changes {
		if quantity < 0 {
			return &Problem{Cause: "mapping", Message: "the quantity of SKU " + sku + " is negative"}
		}
	}
	connector.store.Change(func(state *State) {
		for sku, quantity := range changes {
			state.Wishes[sku] = Wish{Quantity: quantity}
		}
	})
	return connector.Flush()
}

// Flush pushes what waits.
func (connector *Connector) Flush() error {
	connector.work.Lock()
	defer connector.work.Unlock()
	refused := map[string]bool{} // not asked again before the next flush
	var problem *Problem
	for round := 1; round <= rounds && slices.ContainsFunc(connector.waiting(), func(sku string) bool { return !refused[sku] }); round++ {
		shops, err := connector.knownShops()
		if err != nil {
			return err
		}
		for _, shop := range shops {
			levels, err := connector.readStock(shop, connector.waiting())
			if err != nil {
				return err
			}
			connector.settle(levels)
			failed := connector.writeStock(shop, levels, refused)
			if failed == nil {
				continue
			}
			problem = failed
			if failed.Unknown {
				connector.platform.Pause(round) // whether it was applied is for the next round's read to say
			} else if failed.Cause != "contract" {
				return failed
			}
		}
	}
	waiting := connector.waiting()
	if len(waiting) == 0 {
		return nil
	}
	if problem == nil {
		problem = &Problem{Cause: "mapping", Message: "no shop sells them, or the platform does not keep them"}
	}
	connector.alerts.Raise(problem.Cause, "stock", "SKU "+strings.Join(waiting, ", ")+" wait: "+problem.Message)
	return problem
}

func (connector *Connector) waiting() (skus []string) {
	connector.store.Read(func(state *State) { skus = keysOf(state.Wishes) })
	return skus
}

func (connector *Connector) readStock(shop Shop, skus []string) (map[string]level, error) {
	levels := map[string]level{}
	for batch := range slices.Chunk(skus, stockSize) {
		var found struct {
			Inventory []struct {
				ProductID string `json:"product_id"`
				Skus      []struct {
					ID         string `json:"id"`
					Available  int    `json:"total_available_quantity"`
					Committed  int    `json:"total_committed_quantity"`
					Warehouses []struct {
						ID        string `json:"warehouse_id"`
						Available int    `json:"available_quantity"`
					} `json:"warehouse_inventory"`
				} `json:"skus"`
			} `json:"inventory"`
		}
		call := Call{Name: "inventory search", Method: "POST", Path: "/product/202309/inventory/search", Shop: shop,
			Body: map[string]any{"sku_ids": batch}}
		if err := connector.platform.Do(call, &found); err != nil {
			return nil, err
		}
		for _, product := range found.Inventory {
			for _, sku := range product.Skus {
				read := level{productID: product.ProductID, quantity: sku.Available, committed: sku.Committed}
				for _, row := range sku.Warehouses {
					read.warehouses = append(read.warehouses, warehouse{row.ID, row.Available})
				}
				levels[sku.ID] = read
			}
		}
	}
	connector.store.Change(func(state *State) {
		for sku, level := range levels {
			state.Stock[sku] = level.quantity
		}
	})
	return levels, nil
}

func (connector *Connector) settle(levels map[string]level) {
	connector.store.Change(func(state *State) {
		for sku, wish := range state.Wishes {
			level, found := levels[sku]
			if !found {
				continue
			}
			// What was sold since the write is gone from the shelf, and was there before.
			sold := 0
			if wish.CommittedBefore != nil {
				sold = max(0, level.committed-*wish.CommittedBefore)
			}
			if level.quantity == wish.Quantity || level.quantity+sold == wish.Quantity {
				delete(state.Wishes, sku)
			}
		}
	})
}

// writeStock returns the last problem; a SKU that is refused does not keep the others.
func (connector *Connector) writeStock(shop Shop, levels map[string]level, refused map[string]bool) (problem *Problem) {
	for _, sku := range connector.waiting() {
		level, found := levels[sku]
		if !found || refused[sku] {
			continue
		}
		quantity := 0
		connector.store.Change(func(state *State) {
			wish := state.Wishes[sku]
			if wish.CommittedBefore == nil {
				wish.CommittedBefore = &level.committed
			}
			state.Wishes[sku] = wish
			quantity = wish.Quantity
		})
		var answer struct {
			Errors []struct {
				Code    int    `json:"code"`
				Message string `json:"message"`
			} `json:"errors"`
		}
		call := Call{Name: "inventory update", Method: "POST", Shop: shop, Changes: true,
			Path: "/product/202309/products/" + level.productID + "/inventory/update",
			Body: map[string]any{"skus": []any{map[string]any{"id": sku, "inventory": spread(quantity, level.warehouses)}}}}
		if err := connector.platform.Do(call, &answer); err != nil {
			failed := err.(*Problem)
			refused[sku] = !failed.Unknown
			return failed
		}
		// Code 0 is no success yet: each SKU may be refused on its own.
		if len(answer.Errors) > 0 {
			refused[sku] = true
			problem = &Problem{Cause: "contract", Message: fmt.Sprintf("SKU %s is refused: %s (code %d)", sku, answer.Errors[0].Message, answer.Errors[0].Code)}
		}
	}
	return problem
}

// spread lists all warehouses of a SKU, as it must: each keeps what it has as far as it goes, the first takes the rest.
func spread(quantity int, warehouses []warehouse) []warehouse {
	shares := slices.Clone(warehouses)
	left := quantity
	for index := len(shares) - 1; index >= 0; index-- {
		shares[index].Quantity = min(shares[index].Quantity, left)
		left -= shares[index].Quantity
	}
	if len(shares) > 0 {
		shares[0].Quantity += left
	}
	return shares
}

// ---- shipping: look, act, and look again; a ship call has no idempotency key ----

var (
	shippable     = []string{"AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"}
	shipped       = []string{"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"}
	parcelLeft    = []string{"FULFILLING", "COMPLETED"}
	shippedBefore = []int{11006021, 21008099, 21011006, 21011020, 21011040, 21023046, 21042056}
)

// Ship ships all parcels of an order. Doing it again changes nothing.
func (connector *Connector) Ship(orderID string) error {
	connector.work.Lock()
	defer connector.work.Unlock()
	order, shop, err := connector.locate(orderID)
	if err != nil {
		return err
	}
	if !slices.Contains(shipped, order.Status) {
		if !slices.Contains(shippable, order.Status) {
			return &Problem{Cause: "mapping", Message: "order " + orderID + " is " + order.Status + " and cannot be shipped"}
		}
		if len(order.PackageIDs) == 0 {
			return &Problem{Cause: "mapping", Message: "order " + orderID + " has no parcel yet; buy a label in the seller centre"}
		}
	}
	for _, packageID := range order.PackageIDs {
		if err := connector.shipParcel(shop, orderID, packageID); err != nil {
			return err
		}
	}
	problem, err := connector.readOrders(shop, []string{orderID}, false)
	if problem != nil {
		return problem
	}
	return err
}

func (connector *Connector) locate(orderID string) (order Order, shop Shop, err error) {
	shops, err := connector.knownShops()
	if err != nil {
		return order, shop, err
	}
	home := ""
	connector.store.Read(func(state *State) { home = state.Orders[orderID].ShopID })
	for _, shop := range shops {
		if home != "" && home != shop.ID {
			continue
		}
		problem, err := connector.readOrders(shop, []string{orderID}, false)
		if err != nil {
			return order, shop, err
		}
		if problem == nil {
			connector.store.Read(func(state *State) { order = state.Orders[orderID] })
			return order, shop, nil
		}
	}
	return order, shop, &Problem{Cause: "mapping", Message: "order " + orderID + " is in none of the shops"}
}

func (connector *Connector) shipParcel(shop Shop, orderID, packageID string) error {
	var problem *Problem
	for round := 1; round <= rounds; round++ {
		var parcel struct {
			Status   string `json:"package_status"`
			Tracking string `json:"tracking_number"`
		}
		call := Call{Name: "package detail", Method: "GET", Path: "/fulfillment/202309/packages/" + packageID, Shop: shop}
		if err := connector.platform.Do(call, &parcel); err != nil {
			return err
		}
		if slices.Contains(parcelLeft, parcel.Status) {
			connector.store.Change(func(state *State) {
				state.Shipments[packageID] = Shipment{OrderID: orderID, PackageID: packageID, TrackingNumber: parcel.Tracking}
			})
			return nil
		}
		if problem != nil && !problem.Unknown {
			return problem
		}
		call = Call{Name: "ship", Method: "POST", Path: "/fulfillment/202309/packages/" + packageID + "/ship", Shop: shop,
			Body: map[string]any{"handover_method": "DROP_OFF"}, Changes: true}
		problem = nil
		var nothing struct{}
		if err := connector.platform.Do(call, &nothing); err != nil {
			problem = err.(*Problem)
			if problem.Unknown {
				connector.platform.Pause(round)
			} else if !slices.Contains(shippedBefore, problem.Code) {
				return problem
			}
		}
	}
	if problem == nil {
		problem = &Problem{Cause: "contract", Message: "parcel " + packageID + " was shipped and does not show it"}
	}
	return problem
}

// ---- what it knows: answered from the store, whether the platform can be reached or not ----

// Health says "degraded" while anything fails or waits.
func (connector *Connector) Health() map[string]string {
	health := map[string]string{"status": "ok"}
	connector.store.Read(func(state *State) {
		waits := len(state.Wishes) + len(state.Inbox)
		if state.Failing != "" || waits > 0 {
			health = map[string]string{"status": "degraded", "failing": state.Failing, "waits": strconv.Itoa(waits)}
		}
	})
	return health
}

func causeOf(err error) string {
	if problem, ok := err.(*Problem); ok {
		return problem.Cause
	}
	return "contract"
}

func keysOf[Value any](values map[string]Value) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
