#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/sdp/build.hpp"
#include "proto/sdp/uri.hpp"

// parse -> print is the identity; typed access takes anything; what was edited parses again and says what was
// set.
namespace {

void must(bool condition) {
  if (!condition) std::abort();
}

constexpr sdp::Limits roomy{1 << 20, 1 << 20, 10'000, 100};  // edits may take a document over the usual ones

sdp::Document again(const sdp::Document& document) {
  auto out = sdp::Document::parse(document.print(), roomy);
  must(out.has_value());
  must(out->print() == document.print() && out->media_count() == document.media_count());
  return *std::move(out);
}

template <class T>
void may_fail(const T& result) {
  if (!result) must(result.error().code == sdp::ErrorCode::malformed_value && result.error().line > 0);
}

void look(const sdp::Document& document, sdp::Section media) {
  may_fail(sdp::connection_address(document, media));
  may_fail(sdp::accept_types(document, media));
  may_fail(sdp::accept_wrapped_types(document, media));
  may_fail(sdp::max_size(document, media));
  may_fail(sdp::setup(document, media));
  may_fail(sdp::connection(document, media));
  may_fail(sdp::fingerprints(document, media));
  may_fail(sdp::tls_id(document, media));
  may_fail(sdp::key_mgmt(document, media));
  may_fail(sdp::file_transfer_id(document, media));
  may_fail(sdp::file_disposition(document, media));
  sdp::e2ae(document, media);
  sdp::direction(document, media);
  must(sdp::parse_media_line(to_string(sdp::media_line(document, media))) ==
       sdp::media_line(document, media));
  const auto path = sdp::path(document, media);
  may_fail(path);
  if (!path || !*path) return;
  for (const auto& uri : **path) {
    const auto moved = sdp::with_authority(uri, "2001:db8::1", 9);
    must(moved.has_value() == sdp::uri_authority(uri).has_value());
    if (moved) must(sdp::uri_authority(*moved) == sdp::Authority{"2001:db8::1", 9});
  }
}

// parse(print(x)) == x for what a file section says.
void copy_file(const sdp::Document& document, sdp::Section media) {
  const auto selector = sdp::file_selector(document, media);
  const auto date = sdp::file_date(document, media);
  const auto icon = sdp::file_icon(document, media);
  const auto range = sdp::file_range(document, media);
  if (!selector || !*selector || !date || !icon || !range) return;
  auto copy = document;
  sdp::set_file(copy, media, {**selector, "id", {}, *date, *icon, *range});
  copy = again(copy);
  must(*sdp::file_selector(copy, media) == *selector && *sdp::file_date(copy, media) == *date);
  must(*sdp::file_icon(copy, media) == *icon && *sdp::file_range(copy, media) == *range);
}

void edit(sdp::Document& document, sdp::Section media) {
  const base::Fingerprint fingerprint{"sha-256", std::string(32, '\x5a')};
  sdp::set_port(document, media, 4'000);
  sdp::set_proto(document, media, sdp::tcp_tls_msrp);
  sdp::set_connection(document, media, sdp::connection_of("2001:db8::1"));
  sdp::set_path(document, media, {"msrp://h:1/s;tcp"});
  sdp::set_setup(document, media, sdp::Setup::passive);
  sdp::set_cema(document, media, true);
  sdp::set_fingerprints(document, media, {fingerprint, fingerprint});
  sdp::set_e2ae(document, media, sdp::E2ae::applied);
  sdp::remove_attribute(document, media, sdp::name::tls_id);
  const auto read = again(document);
  must(sdp::media_line(read, media).port == 4'000 && sdp::media_line(read, media).proto == sdp::tcp_tls_msrp);
  must(sdp::connection_address(read, media).value()->address == "2001:db8::1");
  must(sdp::path(read, media).value()->size() == 1);
  must(sdp::setup(read, media).value() == sdp::Setup::passive);
  must(sdp::fingerprints(read, media).value().size() == 2);
  must(sdp::has_cema(read, media) && sdp::e2ae(read, media) == sdp::E2ae::applied);
  must(!sdp::has_attribute(read, media, sdp::name::tls_id));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document = sdp::Document::parse(text);
  if (!document) return 0;
  must(document->print() == text);
  const auto origin = sdp::origin(*document);
  may_fail(origin);
  for (const auto media : document->media()) {
    look(*document, media);
    copy_file(*document, media);
    edit(*document, media);
  }
  if (origin && *origin) {
    sdp::set_origin(*document, **origin);
    must(sdp::origin(again(*document)).value() == *origin);
  }
  return 0;
}
