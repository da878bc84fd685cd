#include "proto/sdp/build.hpp"

#include "base/expect.hpp"

namespace sdp {

Document make_document(const Origin& origin, const ConnectionAddress& connection) {
  auto out = Document::parse("v=0\r\n");
  base::expect(out.has_value());
  auto line = out->insert_after(0, 'o', to_string(origin));
  line = out->insert_after(line, 's', "-");  // RFC 8866 5.3: what stands for no name
  line = out->insert_after(line, 'c', to_string(connection));
  out->insert_after(line, 't', "0 0");
  return *std::move(out);
}

Section append_msrp(Document& document, const MsrpMedia& media) {
  const auto proto = media.tls ? tcp_tls_msrp : tcp_msrp;
  const auto section =
      document.append_media(to_string(MediaLine{"message", media.port, 1, std::string(proto), {"*"}}));
  if (media.direction != Direction::sendrecv) set_attribute(document, section, to_string(media.direction));
  if (!media.accept_types.empty()) set_accept_types(document, section, media.accept_types);
  if (!media.accept_wrapped_types.empty()) {
    set_accept_wrapped_types(document, section, media.accept_wrapped_types);
  }
  if (media.max_size) set_max_size(document, section, *media.max_size);
  if (!media.path.empty()) set_path(document, section, media.path);
  if (media.setup) set_setup(document, section, *media.setup);
  set_cema(document, section, media.cema);
  set_fingerprints(document, section, media.fingerprints);
  if (media.tls_id) set_tls_id(document, section, *media.tls_id);
  if (media.e2ae) set_e2ae(document, section, *media.e2ae);
  set_key_mgmt(document, section, media.key_mgmt);
  if (media.file) set_file(document, section, *media.file);
  return section;
}

Section append_rejected(Document& document, const MediaLine& offered) {
  auto line = offered;
  line.port = 0;
  line.port_count = 1;
  return document.append_media(to_string(line));
}

}  // namespace sdp
