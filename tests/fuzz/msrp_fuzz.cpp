// The MSRP parser, differentially: the first octet chooses how the rest is cut, and the story must not depend
// on it; the scanners must read the same in the same stream. What was parsed is printed and parsed again, and
// every value of a typed field must survive the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/msrp/head.hpp"
#include "proto/msrp/media_type.hpp"
#include "proto/msrp/writer.hpp"
#include "tests/support/msrp_ear.hpp"
#include "tests/support/msrp_tale.hpp"

namespace {

// Small limits, so that the fuzzer meets them.
constexpr msrp::ParserLimits limits{.head_octets = 600, .fields = 8};

void must(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

std::string tell(std::string_view wire, std::size_t piece) {
  test::MsrpEar ear(limits);
  for (std::size_t at = 0; at < wire.size(); at += piece) ear.feed(wire.substr(at, piece));
  return ear.story();
}

void compare(std::string_view wire, std::size_t piece) {
  test::ParserTale parser(limits);
  test::ScannerTale scanner(limits);
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    parser.feed(wire.substr(at, piece));
    scanner.feed(wire.substr(at, piece));
    must(scanner.story() == parser.story(), "parser and scanner differ");
  }
}

// Against a search that looks at each octet.
void check_body(std::string_view wire) {
  const auto id = wire.substr(0, wire.find('\r'));
  if (!msrp::is_lenient_ident(id)) return;
  wire.remove_prefix(id.size());
  msrp::BodyScanner scanner;
  scanner.begin(id);
  const auto found = scanner.scan(wire);
  must((found.flag == 0 ? wire.npos : found.body) == test::body_end(wire, id), "a body's end");
}

void check_values(std::string_view text) {
  if (const auto path = msrp::parse_path(text)) {
    const auto again = msrp::parse_path(msrp::to_string(*path));
    must(again && *again == *path, "a path");
    must(msrp::same_uri(path->front(), path->front()), "a URI differs from itself");
  }
  if (const auto range = msrp::parse_byte_range(text))
    must(*msrp::parse_byte_range(msrp::to_string(*range)) == *range, "a Byte-Range");
  if (const auto status = msrp::parse_status(text))
    must(*msrp::parse_status(msrp::to_string(*status)) == *status, "a Status");
  (void)msrp::MediaTypes::parse(text);
}

// To-Path and From-Path first, Content-Type last: printing twice gives the same.
void check_head(const msrp::Head& head) {
  if (head.is_request() && !msrp::is_lenient_ident(head.transaction_id)) return;
  base::Buffer once, twice;
  msrp::print_head(once, head);
  msrp::Parser parser;
  msrp::Head again;
  auto wire = once.view();
  while (!wire.empty()) {
    const auto step = parser.step(wire);
    must(step && step->consumed > 0, "a printed head does not parse");
    if (const auto* start = std::get_if<msrp::Start>(&step->event)) again.start(*start);
    if (const auto* field = std::get_if<msrp::Field>(&step->event)) again.add(*field);
    wire.remove_prefix(step->consumed);
  }
  msrp::print_head(twice, again);
  must(once.view() == twice.view(), "a head");
  must(head.headers.size() == again.headers.size(), "a header field is lost");
}

void parse_print_parse(std::string_view wire) {
  msrp::Parser parser(limits);
  msrp::Head head;
  for (bool collecting = false;;) {
    const auto step = parser.step(wire);
    if (!step || step->needs_more()) return;
    wire.remove_prefix(step->consumed);
    if (const auto* start = std::get_if<msrp::Start>(&step->event)) {
      head.start(*start);
      collecting = true;
    } else if (const auto* field = std::get_if<msrp::Field>(&step->event)) {
      head.add(*field);
      check_values(field->value);
    } else if (collecting) {
      check_head(head);
      collecting = false;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  must(tell(wire, wire.size()) == tell(wire, 1 + data[0] % 64), "the story depends on the cuts");
  compare(wire, wire.size());
  compare(wire, 1 + data[0] % 64);
  parse_print_parse(wire);
  check_values(wire);
  check_body(wire);
  return 0;
}
