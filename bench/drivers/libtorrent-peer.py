"""A stock libtorrent session on loopback, TCP only: seeds until it is ended, or leeches and ends when it has everything.

  libtorrent-peer.py seed|leech TORRENT FOLDER PORT [PEER_PORT]
"""
import sys
import time

import libtorrent

role, torrent, folder, port = sys.argv[1:5]
session = libtorrent.session({
    'listen_interfaces': f'127.0.0.1:{port}', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
    'enable_natpmp': False, 'enable_outgoing_utp': False, 'enable_incoming_utp': False,
    'allow_multiple_connections_per_ip': True, 'alert_mask': 0,
})
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
parameters.flags &= ~libtorrent.torrent_flags.auto_managed
parameters.flags &= ~libtorrent.torrent_flags.paused
handle = session.add_torrent(parameters)
if role == 'leech':
    handle.connect_peer(('127.0.0.1', int(sys.argv[5])))
told = False
while role == 'seed' or not handle.status().is_seeding:
    if role == 'seed' and not told and handle.status().is_seeding:
        print('ready', flush=True)
        told = True
    time.sleep(0.01)
