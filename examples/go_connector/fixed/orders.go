package main

import (
	"encoding/json"
	"regexp"
	"slices"
)

var life = []string{
	"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", "AWAITING_COLLECTION",
	"IN_TRANSIT", "DELIVERED", "COMPLETED", "CANCELLED",
}

var (
	isID     = regexp.MustCompile(`^\d+$`)
	isWord   = regexp.MustCompile(`^[A-Z_]+$`)
	isAmount = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

// Order is what the business needs of an order. Money stays text.
type Order struct {
	ID          string   `json:"id"`
	ShopID      string   `json:"shop_id"`
	Status      string   `json:"status"`
	UpdateTime  int64    `json:"update_time"`
	Currency    string   `json:"currency"`
	TotalAmount string   `json:"total_amount"`
	Lines       []Line   `json:"lines"`
	PackageIDs  []string `json:"package_ids"`
}

// Line is one unit: two units of one SKU are two lines.
type Line struct {
	ID        string `json:"id"`
	SkuID     string `json:"sku_id"`
	SalePrice string `json:"sale_price"`
}

type rawOrder struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	UpdateTime int64  `json:"update_time"`
	Payment    struct {
		Currency    string `json:"currency"`
		TotalAmount string `json:"total_amount"`
	} `json:"payment"`
	LineItems []Line `json:"line_items"`
	Packages  []struct {
		ID string `json:"id"`
	} `json:"packages"`
}

// readOrder demands what is needed; the rest may come and go.
func readOrder(text json.RawMessage, shopID string) (Order, *Problem) {
	var raw rawOrder
	if err := json.Unmarshal(text, &raw); err != nil {
		return Order{}, &Problem{Cause: "mapping", Message: "an order has another form than documented"}
	}
	order := Order{
		ID: raw.ID, ShopID: shopID, Status: raw.Status, UpdateTime: raw.UpdateTime,
		Currency: raw.Payment.Currency, TotalAmount: raw.Payment.TotalAmount, Lines: raw.LineItems, PackageIDs: []string{},
	}
	whole := isID.MatchString(order.ID) && isWord.MatchString(order.Status) && order.Currency != "" &&
		isAmount.MatchString(order.TotalAmount) && len(order.Lines) > 0
	for _, line := range order.Lines {
		whole = whole && isID.MatchString(line.ID) && isID.MatchString(line.SkuID) && isAmount.MatchString(line.SalePrice)
	}
	if !whole {
		return Order{}, &Problem{Cause: "mapping", Message: "a field of order " + order.ID + " is missing or of another form"}
	}
	for _, parcel := range raw.Packages {
		if !slices.Contains(order.PackageIDs, parcel.ID) {
			order.PackageIDs = append(order.PackageIDs, parcel.ID)
		}
	}
	return order, nil
}

// isNewer: webhooks and pages come in any order; an order only ever moves on.
func isNewer(order, known Order) bool {
	step, knownStep := slices.Index(life, order.Status), slices.Index(life, known.Status)
	if known.ID == "" {
		return true
	}
	if step == knownStep || step < 0 || knownStep < 0 {
		return order.UpdateTime >= known.UpdateTime
	}
	return step > knownStep || order.UpdateTime > known.UpdateTime
}
