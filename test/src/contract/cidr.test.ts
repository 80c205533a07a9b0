import fc from 'fast-check'
import t from 'tap'
import { networks, unmapped } from '../../../src/contract/cidr.ts'

const holds = (sources: string[], address: string) => networks(sources, '').includes(address)

t.test('holds the addresses of a block and no others', async t => {
  for (const [source, inside, outside] of [
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0', '::a00:1']],
    ['10.1.2.3/8', ['10.9.9.9'], ['11.1.2.3']],
    ['192.0.2.7', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
    ['192.0.2.7/32', ['192.0.2.7'], ['192.0.2.8']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::1']],
    ['2001:db8::/32', ['2001:db8::', '2001:DB8:ffff::1', '2001:0db8:0:0:0:0:0:1'], ['2001:db9::']],
    ['2001:db8::1', ['2001:db8::1', '2001:db8:0::1'], ['2001:db8::2']],
    ['::1/128', ['::1'], ['::2', '127.0.0.1']]
  ] as const) {
    for (const address of inside) t.equal(holds([source], address), true, `${source} holds ${address}`)
    for (const address of outside) t.equal(holds([source], address), false, `${source} does not hold ${address}`)
  }
})

t.test('holds what any of several blocks holds, none what none does', async t => {
  t.equal(holds(['10.0.0.0/8', '2001:db8::/32'], '2001:db8::1'), true)
  t.equal(holds(['10.0.0.0/8', '192.0.2.1'], '192.0.2.1'), true)
  t.equal(holds([], '10.0.0.1'), false)
})

t.test('takes an IPv4-mapped address for the IPv4 address, in every spelling', async t => {
  for (const address of ['::ffff:10.0.0.1', '::FFFF:10.0.0.1', '::ffff:a00:1', '0:0:0:0:0:ffff:0a00:0001', '0000::ffff:10.0.0.1', '::ffff:10.0.0.1%eth0']) {
    t.equal(unmapped(address), '10.0.0.1', address)
    t.equal(holds(['10.0.0.0/8'], address), true, address)
    t.equal(holds(['::/0'], address), false, address)
  }
  t.equal(holds(['::ffff:10.0.0.0/104'], '10.1.1.1'), true)
  t.equal(holds(['::ffff:10.0.0.0/104'], '11.1.1.1'), false)
  t.equal(holds(['::ffff:10.0.0.1'], '10.0.0.1'), true)
  t.equal(holds(['::ffff:0:0/96'], '255.1.2.3'), true)
})

t.test('leaves every other address as it is, without its zone', async t => {
  for (const address of ['10.0.0.1', '2001:db8::1', '::1', '::10.0.0.1', '::ffff:0:10.0.0.1', '1::ffff:a00:1', '::ffff:1', 'nonsense', '::ffff:10.0.0.999', '']) t.equal(unmapped(address), address)
  t.equal(unmapped('fe80::1%eth0'), 'fe80::1')
  t.equal(holds(['fe80::/10'], 'fe80::1%eth0'), true)
})

t.test('holds nothing that is no address', async t => {
  for (const address of ['', 'localhost', '10.0.0', '10.0.0.1.', '10.0.0.0/8', ' 10.0.0.1', '010.0.0.1', '[::1]', '::ffff:zz']) t.equal(holds(['0.0.0.0/0', '::/0'], address), false, address)
})

t.test('does not let ::/0 hold IPv4', async t => {
  const all = networks(['::/0'], '')
  t.equal(all.includes('2001:db8::1'), true)
  t.equal(all.includes('10.0.0.1'), false)
})

t.test('refuses what is no address or block, at its place in the list', async t => {
  for (const source of ['', 'localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0/8', '10.0.0.0/a', 'fe80::1%eth0', '10.0.0.0/0008', ' 10.0.0.1', '10.0.0.0-10.0.0.9', '::ffff:10.0.0.0/129']) {
    t.throws(() => networks(['10.0.0.1', source], '/trusted'), { code: 'GW_CONFIG_INVALID', pointer: '/trusted/1', detail: /10\.0\.0\.0\/8/ }, source)
  }
})

t.test('holds exactly the addresses whose first bits are those of the block', async () => {
  const text = (value: number) => [24, 16, 8, 0].map(shift => value >>> shift & 255).join('.')
  // A near address in half of the cases: two drawn alone would hardly ever share a block
  const pair = fc.tuple(fc.nat(2 ** 32 - 1), fc.nat(32), fc.boolean(), fc.nat(2 ** 32 - 1))
  fc.assert(fc.property(pair, fc.nat(32), ([base, flipped, near, other], prefix) => {
    const address = near ? (base ^ (flipped === 32 ? 0 : 2 ** flipped)) >>> 0 : other
    const same = prefix === 0 || base >>> (32 - prefix) === address >>> (32 - prefix)
    return holds([`${text(base)}/${prefix}`], text(address)) === same && holds([`${text(base)}/${prefix}`], `::ffff:${text(address)}`) === same
  }), { seed: 7, numRuns: 1000 })
})
