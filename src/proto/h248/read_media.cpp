#include <algorithm>

#include "proto/h248/read.hpp"

namespace h248 {
namespace {

// localDescriptor  = LocalToken LBRKT octetString RBRKT
// remoteDescriptor = RemoteToken LBRKT octetString RBRKT
// octetString      = *(nonEscapeChar)
// nonEscapeChar    = ( "\}" / %x01-7C / %x7E-FF )
std::string read_octets(Reader& in) {
  std::string out;
  if (!in.take_raw('{')) in.fail(ErrorCode::syntax, "expected '{'");
  while (in.take_raw(' ') || in.take_raw('\t') || in.take_raw('\r') || in.take_raw('\n')) {
  }
  while (!in.at_end() && in.peek() != '}') {
    if (in.take_prefix("\\}")) {
      out.push_back('}');
      continue;
    }
    auto run = in.rest();
    const auto end = std::find_if(run.begin() + 1, run.end(), [](char c) { return c == '}' || c == '\\'; });
    run = run.substr(0, static_cast<std::size_t>(end - run.begin()));
    out.append(run);
    in.advance(run.size());
    if (run.find('\0') != run.npos) in.fail(ErrorCode::syntax, "a zero octet in SDP");
  }
  in.expect('}');
  return out;
}

// "ON" / "OFF"
bool read_switch(Reader& in) {
  in.expect('=');
  return in.one_of({Token::on, Token::off}) == Token::on;
}

StreamMode read_mode(Reader& in) {
  in.expect('=');
  return in.one_of({StreamMode::send_only, StreamMode::receive_only, StreamMode::send_receive,
                    StreamMode::inactive, StreamMode::loopback});
}

// localControlDescriptor = LocalControlToken LBRKT localParm *(COMMA localParm) RBRKT
// localParm              = ( streamMode / propertyParm / reservedValueMode / reservedGroupMode )
LocalControl read_local_control(Reader& in) {
  LocalControl out;
  in.expect('{');
  in.list('}', [&] {
    if (in.take(Token::mode)) return in.once(out.mode, read_mode);
    if (in.take(Token::reserved_value)) return in.once(out.reserved_value, read_switch);
    if (in.take(Token::reserved_group)) return in.once(out.reserved_group, read_switch);
    read_property(in, out.properties);
  });
  return out;
}

ServiceState read_service_state(Reader& in) {
  in.expect('=');
  return in.one_of({ServiceState::test, ServiceState::out_of_service, ServiceState::in_service});
}

EventBufferControl read_buffer_control(Reader& in) {
  in.expect('=');
  return in.one_of({EventBufferControl::off, EventBufferControl::lock_step});
}

// terminationStateDescriptor = TerminationStateToken LBRKT terminationStateParm *(COMMA terminationStateParm)
// RBRKT terminationStateParm       = (propertyParm / serviceStates / eventBufferControl)
TerminationState read_termination_state(Reader& in) {
  TerminationState out;
  in.expect('{');
  in.list('}', [&] {
    if (in.take(Token::service_states)) return in.once(out.service_state, read_service_state);
    if (in.take(Token::buffer)) return in.once(out.buffer, read_buffer_control);
    read_property(in, out.properties);
  });
  return out;
}

// streamParm = ( localDescriptor / remoteDescriptor / localControlDescriptor ), whose token has been read;
// version 3 has statisticsDescriptor, too.
void read_stream_parameter(Reader& in, Token token, Stream& out) {
  if (token == Token::local) return in.once(out.local, read_octets);
  if (token == Token::remote) return in.once(out.remote, read_octets);
  if (token == Token::local_control) return in.once(out.local_control, read_local_control);
  if (token == Token::statistics) return in.once(out.statistics, read_statistics);
  in.fail_name(ErrorCode::unknown, "none of LocalControl, Local and Remote");
}

// streamDescriptor = StreamToken EQUAL StreamID LBRKT streamParm *(COMMA streamParm) RBRKT
Stream read_stream(Reader& in) {
  Stream out;
  out.id = read_stream_id(in);
  in.expect('{');
  in.list('}', [&] { read_stream_parameter(in, in.token(), out); });
  return out;
}

}  // namespace

// statisticsDescriptor = StatsToken LBRKT statisticsParameter *(COMMA statisticsParameter) RBRKT
// statisticsParameter  = pkgdName [EQUAL VALUE]
StatisticsDescriptor read_statistics(Reader& in) {
  StatisticsDescriptor out;
  in.expect('{');
  in.list('}', [&] {
    auto name = read_packaged_name(in);
    for (const auto& other : out.statistics) {
      if (is_same(other.name, name)) in.fail_name(ErrorCode::repeated, "a statistic given twice");
    }
    auto& statistic = out.statistics.emplace_back(Statistic{std::move(name)});
    if (in.take('=')) statistic.value = read_value(in);
  });
  return out;
}

// mediaDescriptor = MediaToken LBRKT mediaParm *(COMMA mediaParm) RBRKT
// mediaParm       = (streamParm / streamDescriptor / terminationStateDescriptor)
// at most one terminationStateDescriptor, and either streamParm(s) or streamDescriptor(s) but not both
MediaDescriptor read_media(Reader& in) {
  MediaDescriptor out;
  in.expect('{');
  in.list('}', [&] {
    if (in.take(Token::termination_state)) return in.once(out.termination_state, read_termination_state);
    const auto token = in.token();
    const bool numbered = token == Token::stream;
    if (!out.streams.empty() && out.streams.front().id.has_value() != numbered) {
      return in.fail_name(ErrorCode::illegal, "streams with and without Stream in one Media");
    }
    if (numbered) return out.streams.push_back(read_stream(in));
    if (out.streams.empty()) out.streams.emplace_back();
    read_stream_parameter(in, token, out.streams.front());
  });
  return out;
}

// modemDescriptor = ModemToken ((EQUAL modemType) / (LSBRKT modemType *(COMMA modemType) RSBRKT))
//                   [LBRKT propertyParm *(COMMA propertyParm) RBRKT]
ModemDescriptor read_modem(Reader& in) {
  ModemDescriptor out;
  const auto type = [&] {
    out.types.push_back(
        read_token_or_extension(in, {Token::v18, Token::v22, Token::v22b, Token::v32, Token::v32b, Token::v34,
                                     Token::v90, Token::v91, Token::synch_isdn}));
  };
  if (in.take('[')) {
    in.list(']', type);
  } else {
    in.expect('=');
    type();
  }
  if (in.take('{')) in.list('}', [&] { read_property(in, out.properties); });
  return out;
}

// muxDescriptor = MuxToken EQUAL MuxType terminationIDList
MuxDescriptor read_mux(Reader& in) {
  MuxDescriptor out;
  in.expect('=');
  out.type =
      read_token_or_extension(in, {Token::h221, Token::h223, Token::h226, Token::v76, Token::nx64k_service});
  out.terminations = read_termination_ids(in);
  return out;
}

}  // namespace h248
