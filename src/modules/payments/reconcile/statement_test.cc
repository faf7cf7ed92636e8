// Statements in each format: what is read, and what is refused.
#include "modules/payments/reconcile/statement.h"

#include <gtest/gtest.h>

#include <string>

#include "base/currency.h"
#include "modules/payments/reconcile/csv.h"
#include "modules/payments/reconcile/decimal.h"

namespace ashlar::payments::reconcile {
namespace {

base::Result<Statement> read(std::string_view text) {
  return read_statement(guess_format(text), text);
}
std::string refused(std::string_view text) {
  const auto statement = read(text);
  return statement.ok() ? "taken" : statement.error().detail;
}

TEST(Decimal, IsDigitsOfItsCurrencyAndNothingElse) {
  EXPECT_EQ(parse_decimal("12.34", 2), 1234);
  EXPECT_EQ(parse_decimal("-12.3", 2), -1230);
  EXPECT_EQ(parse_decimal("+7", 2), 700);
  EXPECT_EQ(parse_decimal("0.07", 2), 7);
  EXPECT_EQ(parse_decimal("1.500", 2), 150);
  EXPECT_EQ(parse_decimal("1000", 0), 1000);
  EXPECT_EQ(parse_decimal("1.234", 3), 1234);
  EXPECT_EQ(parse_decimal("90071992547409.91", 2), kMaxMoney);
  for (const char* no : {"", "-", ".", "1.", ".5", "1.234", "1,5", "1e3", " 1", "0x1", "--1",
                         "1.2.3", "90071992547409.92", "99999999999999999999999999"}) {
    EXPECT_FALSE(parse_decimal(no, 2)) << no;
  }
  for (const Money amount : {Money{0}, Money{5}, Money{-5}, Money{99}, Money{-100}, kMaxMoney}) {
    for (const char* currency : {"jpy", "eur", "kwd"}) {
      const int digits = *base::currency_digits(currency);
      EXPECT_EQ(parse_decimal(base::format_amount(amount, currency), digits), amount);
    }
  }
}

TEST(CsvStatement, IsReadByTheNamesOfItsColumns) {
  const auto statement = read(
      "\xEF\xBB\xBF"
      "Date,Type,Reference,Amount,Fee,Currency,Branch,Description\r\n"
      "2026-11-21,capture,ch_1,12.30,0.66,EUR,x,\"a \"\"quoted\"\", and\r\nlonger one\"\r\n"
      "\r\n"
      "2026-11-22,refund,re_1,-5,,jpy,y,\r\n");
  ASSERT_TRUE(statement.ok()) << statement.error().detail;
  ASSERT_EQ(statement->lines.size(), 2U);
  const StatementLine& first = statement->lines[0];
  EXPECT_EQ(first.kind, LineKind::kCapture);
  EXPECT_EQ(first.reference, "ch_1");
  EXPECT_EQ(first.amount, 1230);
  EXPECT_EQ(first.fee, 66);
  EXPECT_EQ(first.currency, "eur");
  EXPECT_EQ(format_day(first.day), "2026-11-21");
  EXPECT_EQ(first.description, "a \"quoted\", and\r\nlonger one");
  EXPECT_EQ(first.row, 2);
  EXPECT_EQ(statement->lines[1].amount, -5);  // the yen has no cents
  EXPECT_EQ(statement->lines[1].fee, 0);
  EXPECT_EQ(statement->lines[1].row, 5);
}

TEST(CsvStatement, MayHaveSemicolonsAndMinorUnits) {
  const auto statement = read(
      "type;reference;amount_minor;fee_minor;currency;date\n"
      "payout;po_1;-100000;0;usd;2026-11-21\n");
  ASSERT_TRUE(statement.ok()) << statement.error().detail;
  EXPECT_EQ(statement->lines.at(0).amount, -100000);
  EXPECT_EQ(statement->lines.at(0).kind, LineKind::kPayout);
}

TEST(CsvStatement, SaysWhichLineIsWrongAndRepeatsNothingOfIt) {
  const std::string header = "type,reference,amount,currency,date\n";
  EXPECT_EQ(refused("type,amount,currency,date\n"), "line 1: the header has no column reference");
  EXPECT_EQ(refused("type,reference,currency,date\n"),
            "line 1: the header has one of amount and amount_minor");
  EXPECT_EQ(refused("type,type,reference,amount,currency,date\n"),
            "line 1: the column type stands twice");
  EXPECT_EQ(refused(header + "capture,r,1.00,usd,2026-11-21\ncapture,r,12.345,usd,2026-11-21\n"),
            "line 3: the amount is no amount of its currency");
  EXPECT_EQ(refused(header + "capture,r,1.00,usd,2026-02-30\n"),
            "line 2: the date is not YYYY-MM-DD");
  EXPECT_EQ(refused(header + "capture,r,1.00,us,2026-02-01\n"),
            "line 2: the currency is none of ISO 4217");
  EXPECT_EQ(refused(header + "capture,r,1.00,zzz,2026-02-01\n"),
            "line 2: the currency is none of ISO 4217");
  EXPECT_EQ(refused(header + "secret,r,1.00,usd,2026-02-01\n"),
            "line 2: the type is none of those that a statement has");
  EXPECT_EQ(refused(header + "capture,r,1.00,usd\n"), "line 2: it has not the header's columns");
  EXPECT_EQ(refused(header + "capture,\"r,1.00,usd,2026-02-01\n"),
            "line 3: a quoted field has no end");
  EXPECT_EQ(refused(header + "capture,a\"b,1.00,usd,2026-02-01\n"),
            "line 2: a quote inside an unquoted field");
  EXPECT_EQ(refused(header + "capture," + std::string(kMaxField + 1, 'r') + ",1,usd,2026-02-01\n"),
            "line 2: a field is too long");
}

TEST(CsvStatement, WithoutLinesIsAStatementButNothingIsNone) {
  EXPECT_TRUE(read("type,reference,amount,currency,date\n").ok());
  EXPECT_STREQ(read("").error().reason, "statement_empty");
  EXPECT_STREQ(read(" \n\n").error().reason, "statement_malformed");
  EXPECT_STREQ(read(std::string("type\0", 5)).error().reason, "statement_malformed");
  EXPECT_STREQ(read("\xFF\xFE").error().reason, "statement_malformed");
}

TEST(Statement, HasAmountsThatCanBeAdded) {
  std::string text = "type,reference,amount_minor,currency,date\n";
  for (int i = 0; i < 129; ++i) {
    text += "capture,r," + std::to_string(kMaxMoney) + ",usd,2026-11-21\n";
  }
  EXPECT_STREQ(read(text).error().reason, "statement_too_large");
}

TEST(Csv, WritesNoFormulas) {
  EXPECT_EQ(csv_text("plain"), "plain");
  EXPECT_EQ(csv_text("=1+1"), "\"'=1+1\"");
  EXPECT_EQ(csv_text("@x"), "\"'@x\"");
  EXPECT_EQ(csv_text("a,b \"c\""), "\"a,b \"\"c\"\"\"");
  EXPECT_EQ(csv_text(""), "");
}

std::string camt(std::string_view body) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>"
         "<GrpHdr><MsgId>m</MsgId></GrpHdr><Stmt><Id>2026-325</Id>" +
         std::string(body) + "</Stmt></BkToCstmrStmt></Document>";
}
std::string entry(std::string_view amount, std::string_view sign, std::string_view more) {
  return "<Ntry><Amt Ccy=\"EUR\">" + std::string(amount) + "</Amt><CdtDbtInd>" + std::string(sign) +
         "</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-21</Dt></BookgDt>" +
         std::string(more) + "</Ntry>";
}

TEST(CamtStatement, AnEntryIsALine) {
  const auto statement = read(camt(
      entry("11.64", "CRDT",
            "<AcctSvcrRef>ch_1</AcctSvcrRef>"
            "<Chrgs><Rcrd><Amt Ccy=\"EUR\">0.66</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
            "<ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>") +
      entry("5.00", "DBIT",
            "<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><InstrId>re_1</InstrId>"
            "</Refs><RmtInf><Ustrd>Refund &amp; sorry</Ustrd></RmtInf></TxDtls></NtryDtls>")));
  ASSERT_TRUE(statement.ok()) << statement.error().detail;
  EXPECT_EQ(statement->id, "2026-325");
  ASSERT_EQ(statement->lines.size(), 2U);
  EXPECT_EQ(statement->lines[0].reference, "ch_1");
  EXPECT_EQ(statement->lines[0].kind, LineKind::kCapture);
  EXPECT_EQ(statement->lines[0].amount, 1230);  // what moved, and what was kept of it
  EXPECT_EQ(statement->lines[0].fee, 66);
  EXPECT_EQ(statement->lines[1].reference, "re_1");
  EXPECT_EQ(statement->lines[1].kind, LineKind::kRefund);
  EXPECT_EQ(statement->lines[1].amount, -500);
  EXPECT_EQ(statement->lines[1].description, "Refund & sorry");
}

TEST(CamtStatement, ChargesThatWereBookedApartAreNotOfTheEntry) {
  const auto statement =
      read(camt(entry("12.30", "CRDT",
                      "<NtryRef>ch_1</NtryRef><Chrgs><Rcrd><Amt Ccy=\"EUR\">0.66</Amt>"
                      "<ChrgInclInd>false</ChrgInclInd></Rcrd></Chrgs>")));
  ASSERT_TRUE(statement.ok()) << statement.error().detail;
  EXPECT_EQ(statement->lines.at(0).amount, 1230);
  EXPECT_EQ(statement->lines.at(0).fee, 0);
}

TEST(CamtStatement, ABatchIsALineForEachTransactionAndAddsUp) {
  const auto transaction = [](std::string_view reference, std::string_view amount) {
    return "<TxDtls><Refs><TxId>" + std::string(reference) + "</TxId></Refs><Amt Ccy=\"EUR\">" +
           std::string(amount) + "</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>";
  };
  const std::string details =
      "<NtryDtls>" + transaction("ch_1", "10.00") + transaction("ch_2", "2.50") + "</NtryDtls>";
  const auto statement = read(camt(entry("12.50", "CRDT", details)));
  ASSERT_TRUE(statement.ok()) << statement.error().detail;
  ASSERT_EQ(statement->lines.size(), 2U);
  EXPECT_EQ(statement->lines[1].reference, "ch_2");
  EXPECT_EQ(statement->lines[1].amount, 250);
  EXPECT_EQ(refused(camt(entry("12.51", "CRDT", details))),
            "entry 1: its transactions do not add up to it");
}

TEST(CamtStatement, KindsFollowTheBanksCodes) {
  const auto kind = [](std::string_view sign, std::string_view codes) {
    const auto statement =
        read(camt(entry("1.00", sign, "<BkTxCd>" + std::string(codes) + "</BkTxCd>")));
    return statement.ok() ? statement->lines.at(0).kind : LineKind::kOther;
  };
  const auto domain = [](std::string_view family, std::string_view sub) {
    return "<Domn><Cd>PMNT</Cd><Fmly><Cd>" + std::string(family) + "</Cd><SubFmlyCd>" +
           std::string(sub) + "</SubFmlyCd></Fmly></Domn>";
  };
  EXPECT_EQ(kind("DBIT", domain("MCRD", "UPCT")), LineKind::kDispute);
  EXPECT_EQ(kind("CRDT", domain("MCRD", "UPCT")), LineKind::kDisputeReversal);
  EXPECT_EQ(kind("DBIT", domain("MCRD", "CHRG")), LineKind::kFee);
  EXPECT_EQ(kind("DBIT", domain("ICDT", "ESCT")), LineKind::kPayout);
  EXPECT_EQ(kind("CRDT", domain("MCRD", "POSC")), LineKind::kCapture);
  EXPECT_EQ(kind("DBIT", "<Prtry><Cd>payout</Cd></Prtry>"), LineKind::kPayout);
}

TEST(CamtStatement, OlderVersionsPrefixesAndPendingEntries) {
  const auto statement = read(
      "<b:Document xmlns:b=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><b:BkToCstmrStmt>"
      "<b:Stmt><b:Ntry><b:Amt Ccy=\"JPY\">1000</b:Amt><b:CdtDbtInd>CRDT</b:CdtDbtInd>"
      "<b:Sts>BOOK</b:Sts><b:ValDt><b:DtTm>2026-11-21T10:00:00+09:00</b:DtTm></b:ValDt>"
      "<b:NtryRef>ch_1</b:NtryRef></b:Ntry>"
      "<b:Ntry><b:Amt Ccy=\"JPY\">1</b:Amt><b:CdtDbtInd>CRDT</b:CdtDbtInd><b:Sts>PDNG</b:Sts>"
      "</b:Ntry></b:Stmt></b:BkToCstmrStmt></b:Document>");
  ASSERT_TRUE(statement.ok()) << statement.error().detail;
  ASSERT_EQ(statement->lines.size(), 1U);
  EXPECT_EQ(statement->lines[0].amount, 1000);
}

TEST(CamtStatement, ItsOwnBalancesAreAdded) {
  const auto balance = [](std::string_view code, std::string_view amount) {
    return "<Bal><Tp><CdOrPrtry><Cd>" + std::string(code) +
           "</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">" + std::string(amount) +
           "</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>";
  };
  const std::string body = entry("10.00", "CRDT", "<NtryRef>a</NtryRef>");
  using Unexplained = std::map<std::string, Money>;
  EXPECT_EQ(read(camt(balance("OPBD", "5.00") + balance("CLBD", "15.00") + body))->unexplained,
            Unexplained{});
  EXPECT_EQ(read(camt(balance("OPBD", "5.00") + balance("CLBD", "15.07") + body))->unexplained,
            (Unexplained{{"eur", 7}}));
}

TEST(CamtStatement, ExpandsNothingFetchesNothingAndStaysBounded) {
  EXPECT_EQ(
      refused("<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
              "<Document><BkToCstmrStmt><Stmt><Id>&x;</Id></Stmt></BkToCstmrStmt></Document>"),
      "a document type is not taken");
  const auto unknown = read(camt(entry("1.00", "CRDT", "<NtryRef>&x;</NtryRef>")));
  ASSERT_TRUE(unknown.ok());
  EXPECT_EQ(unknown->lines.at(0).reference, "&x;");
  EXPECT_EQ(read(camt(entry("1.00", "CRDT", "<NtryRef>&#xD800;</NtryRef>")))->lines.at(0).reference,
            "");
  std::string deep = "<Document>";
  while (deep.size() < 6'000'000) deep += "<a>";
  EXPECT_STREQ(read(deep).error().reason, "statement_too_large");
  deep.resize(1'000'000);
  EXPECT_STREQ(read(deep).error().reason, "statement_malformed");
}

TEST(CamtStatement, RefusesWhatItCannotBeSureOf) {
  EXPECT_EQ(refused("<html/>"), "it is no camt.053: BkToCstmrStmt is missing");
  EXPECT_EQ(refused(camt(entry("-1.00", "CRDT", ""))),
            "entry 1: its amount is no amount of its currency");
  EXPECT_EQ(refused(camt(entry("1.001", "CRDT", ""))),
            "entry 1: its amount is no amount of its currency");
  EXPECT_EQ(refused(camt(entry("1.00", "BOTH", ""))), "entry 1: it is neither credit nor debit");
}

TEST(SandboxStatement, IsMinorUnits) {
  const auto statement = read(
      R"({"provider":"sandbox","day":"2026-11-21","lines":[{"kind":"capture","reference":"sb_1",
          "amount":1000,"fee":59,"currency":"usd","at":"2026-11-21T23:59:59.999Z"}]})");
  ASSERT_TRUE(statement.ok()) << statement.error().detail;
  ASSERT_EQ(statement->lines.size(), 1U);
  EXPECT_EQ(statement->lines[0].amount, 1000);
  EXPECT_EQ(statement->lines[0].fee, 59);
  EXPECT_EQ(format_day(statement->lines[0].day), "2026-11-21");
  const auto with_balances = read(
      R"({"balances":[{"currency":"usd","opening":100,"closing":1040}],"lines":[{"kind":"capture",
          "reference":"x","amount":1000,"fee":59,"currency":"usd","at":"2026-11-21T10:00:00Z"}]})");
  ASSERT_TRUE(with_balances.ok());
  EXPECT_EQ(with_balances->unexplained, (std::map<std::string, Money>{{"usd", -1}}));
  EXPECT_EQ(refused(R"({"lines":[{"kind":"capture","reference":"x","amount":1.5,"fee":0,)"
                    R"("currency":"usd","at":"2026-11-21T00:00:00Z"}]})"),
            "line 1: its amount or fee is no number of minor units");
  EXPECT_STREQ(read("{}").error().reason, "statement_empty");
}

}  // namespace
}  // namespace ashlar::payments::reconcile
