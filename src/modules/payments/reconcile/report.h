// Reports: a run as a table for a spreadsheet, and as a page for a person with a printer. Pure.
//
// Amounts are decimals of their currency, each beside its currency. The page is whole in itself: no
// script, nothing fetched.
#pragma once

#include <span>
#include <string>

#include "modules/payments/reconcile/reconciliation.h"

namespace ashlar::payments::reconcile {

// A header, then a row for each item.
std::string csv_header();
std::string csv_row(const Item& item);

// The run in figures, then its breaks, worst first.
std::string report_page(const Run& run, std::span<const Item> breaks, Day today);

// "Refund", "We have it, the statement has not."
std::string_view kind_words(LineKind kind);
std::string_view outcome_words(Outcome outcome);

}  // namespace ashlar::payments::reconcile
