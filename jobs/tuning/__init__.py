"""`boxwise evaluate --tune`: would other settings do surely better on the shop's own past?"""
