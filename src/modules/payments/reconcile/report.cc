#include "modules/payments/reconcile/report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <tuple>
#include <vector>

#include "base/currency.h"
#include "base/html.h"
#include "modules/payments/reconcile/csv.h"
#include "modules/payments/reconcile/reconcile_json.h"

namespace ashlar::payments::reconcile {
namespace {

constexpr std::array<std::string_view, 9> kKindWords{
    "Capture",     "Refund", "Refund that failed", "Dispute",
    "Dispute won", "Payout", "Payout that failed", "Fee",
    "Other"};
constexpr std::array<std::string_view, 6> kOutcomeWords{"Both have it, alike.",
                                                        "We have it, the statement has not.",
                                                        "The statement has it, we have not.",
                                                        "Both have it, the amounts differ.",
                                                        "Both have it, the fees differ.",
                                                        "Both have it, on days too far apart."};
constexpr std::array<std::string_view, 6> kOutcomeTitles{"Matched", "Missing", "Extra",
                                                         "Amount",  "Fee",     "Date"};

// Colours and spacing of the console, in a file of its own.
constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;"
    "max-width:72rem;padding:0 1rem}h1{margin:0 0 .25rem;font-size:1.6rem}h2{margin:2rem 0 .5rem;"
    "font-size:1.15rem}p{margin:.25rem 0}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid #8885;"
    "vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;"
    "white-space:nowrap}td.w{overflow-wrap:anywhere}tbody th{font-weight:inherit}"
    ".small{font-size:.85rem;opacity:.8}"
    ".verdict{border-left:4px solid;padding:.25rem .75rem;margin:1rem 0}.good{border-color:#2e7d32}"
    ".bad{border-color:#c62828}.scroll{overflow-x:auto}@media print{body{margin:0;max-width:none}}";

// "1,234.50", as people read it.
std::string grouped(Money amount, std::string_view currency) {
  std::string text = base::format_amount(amount, currency);
  std::size_t at = std::min(text.find('.'), text.size());
  const std::size_t first = amount < 0 ? 1 : 0;
  while (at > first + 3) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string plain(const std::optional<Half>& half, Money Half::* member,
                  std::string_view currency) {
  return half ? base::format_amount((*half).*member, currency) : std::string();
}

std::string number_cell(std::string_view text) {
  return "<td class=\"n\">" + std::string(text) + "</td>";
}
std::string money_cell(const std::optional<Half>& half, Money Half::* member,
                       std::string_view currency) {
  return number_cell(half ? grouped((*half).*member, currency) : "\u2013");
}

std::string totals_row(const std::string& currency, const Totals& t) {
  std::string row = "<tr><th scope=\"row\">" + base::html_escaped(upper(currency)) + "</th>";
  for (const std::int64_t lines : {t.their_lines, t.our_lines}) {
    row += number_cell(std::to_string(lines));
  }
  for (const Money amount :
       {t.their_amount - t.their_fee, t.our_amount - t.our_fee, t.difference()}) {
    row += number_cell(grouped(amount, currency));
  }
  return row + number_cell(std::to_string(t.matched)) + number_cell(std::to_string(t.breaks())) +
         "</tr>\n";
}

std::string totals_table(const Run& run) {
  std::string table =
      "<h2>In figures</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Currency</th>"
      "<th scope=\"col\" class=\"n\">Lines, statement</th><th scope=\"col\" class=\"n\">Lines, ours"
      "</th><th scope=\"col\" class=\"n\">Net, statement</th><th scope=\"col\" class=\"n\">Net, "
      "ours"
      "</th><th scope=\"col\" class=\"n\">Difference</th><th scope=\"col\" class=\"n\">Matched</th>"
      "<th scope=\"col\" class=\"n\">Breaks</th></tr></thead><tbody>\n";
  for (const auto& [currency, totals] : run.totals) table += totals_row(currency, totals);
  return table + "</tbody></table></div>\n";
}

std::string break_row(const Item& item, Day today) {
  std::string row = "<tr><th scope=\"row\">";
  row += kOutcomeTitles[static_cast<std::size_t>(item.outcome)];
  row += "<br><span class=\"small\">" + std::string(outcome_words(item.outcome)) + "</span></th>";
  row += "<td class=\"w\">" + std::string(kind_words(item.kind)) + " " +
         base::html_escaped(item.reference);
  if (!item.payment.empty()) {
    row += "<br><span class=\"small\">" + base::html_escaped(item.payment) + "</span>";
  }
  if (!item.description.empty()) {
    row += "<br><span class=\"small\">" + base::html_escaped(item.description) + "</span>";
  }
  if (item.ours && item.theirs && item.ours->day != item.theirs->day) {
    row += "<br><span class=\"small\">statement " + format_day(item.theirs->day) + ", ours " +
           format_day(item.ours->day) + "</span>";
  }
  row += "</td>";
  row += money_cell(item.theirs, &Half::amount, item.currency);
  row += money_cell(item.theirs, &Half::fee, item.currency);
  row += money_cell(item.ours, &Half::amount, item.currency);
  row += money_cell(item.ours, &Half::fee, item.currency);
  row += number_cell(grouped(item.difference(), item.currency) + " " + upper(item.currency));
  row += "<td>";
  if (item.state == ItemState::kOpen) {
    const std::int64_t age = days_between(item.day, today);
    row += age == 1  ? "Open for 1 day"
           : age > 1 ? "Open for " + std::to_string(age) + " days"
                     : "Open since today";
    if (item.suspense != 0) {
      row += "<br><span class=\"small\">" + grouped(item.suspense, item.currency) +
             " in suspense</span>";
    }
  } else {
    row += base::html_escaped(item.resolution.empty() ? *state_name(item.state) : item.resolution);
    if (!item.note.empty())
      row += "<br><span class=\"small\">" + base::html_escaped(item.note) + "</span>";
    if (!item.by.empty())
      row += "<br><span class=\"small\">by " + base::html_escaped(item.by) + "</span>";
  }
  return row + "</td></tr>\n";
}

std::string breaks_table(std::vector<Item> breaks, Day today) {
  const auto rank = [](const Item& item) {
    return std::tuple(item.state != ItemState::kOpen, -std::abs(item.difference()), item.no);
  };
  std::ranges::sort(breaks, {}, rank);
  std::string table =
      "<h2>Breaks</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">What is "
      "wrong</th>"
      "<th scope=\"col\">Line</th><th scope=\"col\" class=\"n\">Statement</th>"
      "<th scope=\"col\" class=\"n\">its fee</th><th scope=\"col\" class=\"n\">Ours</th>"
      "<th scope=\"col\" class=\"n\">our fee</th><th scope=\"col\" class=\"n\">Difference</th>"
      "<th scope=\"col\">State</th></tr></thead><tbody>\n";
  for (const Item& item : breaks) table += break_row(item, today);
  return table + "</tbody></table></div>\n";
}

std::string verdict(const Run& run) {
  const bool good = run.breaks == 0;
  std::string text = "<p class=\"verdict ";
  text += good ? "good\">All " + std::to_string(run.items) + " lines match."
               : "bad\">" + std::to_string(run.items - run.breaks) + " of " +
                     std::to_string(run.items) + " lines match; " + std::to_string(run.breaks) +
                     " do not, " + std::to_string(run.open) + " of them are open.";
  for (const auto& [currency, totals] : run.totals) {
    if (totals.unexplained == 0) continue;
    text += " The statement's own balances say " + grouped(totals.unexplained, currency) + " " +
            upper(currency) + " more than its lines.";
  }
  return text + "</p>\n";
}

}  // namespace

std::string_view kind_words(LineKind kind) { return kKindWords[static_cast<std::size_t>(kind)]; }
std::string_view outcome_words(Outcome outcome) {
  return kOutcomeWords[static_cast<std::size_t>(outcome)];
}

std::string csv_header() {
  return "reconciliation,number,provider,day,outcome,state,type,reference,payment,object,currency,"
         "statement_amount,statement_fee,statement_date,our_amount,our_fee,our_date,difference,"
         "suspense,resolution,note,resolved_by,description\r\n";
}

std::string csv_row(const Item& item) {
  const auto day = [](const std::optional<Half>& half) {
    return half ? format_day(half->day) : std::string();
  };
  const std::array<std::string, 23> cells{csv_text(item.run),
                                          std::to_string(item.no),
                                          csv_text(item.provider),
                                          format_day(item.day),
                                          std::string(outcome_name(item.outcome)),
                                          state_name(item.state).value_or(""),
                                          std::string(kind_name(item.kind)),
                                          csv_text(item.reference),
                                          csv_text(item.payment),
                                          csv_text(item.object),
                                          upper(item.currency),
                                          plain(item.theirs, &Half::amount, item.currency),
                                          plain(item.theirs, &Half::fee, item.currency),
                                          day(item.theirs),
                                          plain(item.ours, &Half::amount, item.currency),
                                          plain(item.ours, &Half::fee, item.currency),
                                          day(item.ours),
                                          base::format_amount(item.difference(), item.currency),
                                          base::format_amount(item.suspense, item.currency),
                                          item.resolution,
                                          csv_text(item.note),
                                          csv_text(item.by),
                                          csv_text(item.description)};
  std::string row;
  for (const std::string& cell : cells) {
    if (!row.empty()) row.push_back(',');
    row += cell;
  }
  return row + "\r\n";
}

std::string report_page(const Run& run, std::span<const Item> breaks, Day today) {
  const std::string title = "Reconciliation of " + run.provider + ", " + format_day(run.day);
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>" +
      base::html_escaped(title) + "</title><style>" + std::string(kStyle) +
      "</style></head><body><main>\n<h1>" + base::html_escaped(title) + "</h1>\n";
  page += "<p class=\"small\">" + base::html_escaped(run.id) + ", from a statement as " +
          std::string(format_name(run.format));
  if (!run.statement_id.empty()) page += " (" + base::html_escaped(run.statement_id) + ")";
  page += ", made " + base::format_rfc3339(std::chrono::floor<base::Seconds>(run.at)) + " by " +
          base::html_escaped(run.by) + ".</p>\n";
  page += verdict(run);
  page += totals_table(run);
  if (!breaks.empty()) page += breaks_table({breaks.begin(), breaks.end()}, today);
  return page + "</main></body></html>\n";
}

}  // namespace ashlar::payments::reconcile
